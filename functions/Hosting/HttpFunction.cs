using Tickets.Core.Access;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Hosting;

/// <summary>One HTTP function: a method and a path, who may call it, and what its requests may carry.</summary>
internal sealed class HttpFunction(string method, string path, RequestDelegate handler)
{
    private bool _open;
    private bool _unversioned;

    public string Method { get; } = method;

    /// <summary>Below <c>/api/v1</c>, of pages below <c>/api</c>; with a leading slash.</summary>
    public string Path { get; } = path;
    public RequestDelegate Handler { get; } = handler;
    public string Name { get; private set; } = "";

    /// <summary>What the caller's role must allow; null on open routes.</summary>
    public Permission? Permission { get; private set; }

    /// <summary>Whether it shows or touches the work of all queues, so that a key of some queues has no business with it.</summary>
    public bool AllQueues { get; private set; }
    public IReadOnlyList<string> QueryParameters { get; private set; } = [];

    /// <summary>Null: the app's own limit, <c>Hosting:MaxBodyBytes</c>.</summary>
    public long? MaxBodyBytes { get; private set; }

    /// <summary>Health routes answer even before the app has initialised.</summary>
    public bool AnswersBeforeReady => _open;

    /// <summary>The route as the host knows it: without its prefix <c>api</c> and the leading slash.</summary>
    public string HostRoute => _unversioned ? Path[1..] : FunctionCatalog.Version + Path;

    /// <summary>For the OpenAPI document: made when it is asked for.</summary>
    public Func<FunctionDescription>? Description { get; private set; }

    /// <summary>A GET answers HEAD too: same headers, no body.</summary>
    public IReadOnlyList<string> Methods => Method == "GET" ? ["GET", "HEAD"] : [Method];

    public HttpFunction WithName(string name)
    {
        Name = FunctionName.Checked(name);
        return this;
    }

    public HttpFunction Requires(Permission permission)
    {
        Permission = permission;
        return this;
    }

    /// <summary>Only callers that reach every queue.</summary>
    public HttpFunction OfAllQueues()
    {
        AllQueues = true;
        return this;
    }

    /// <summary>No key, no waiting for the app to initialise: for health routes, and for pages that hold no data.</summary>
    public HttpFunction Open()
    {
        _open = true;
        return this;
    }

    /// <summary>The query parameters it knows. Any other, and one given twice, is a 400.</summary>
    public HttpFunction AcceptsQuery(params string[] names)
    {
        QueryParameters = names;
        return this;
    }

    public HttpFunction Describes(Func<FunctionDescription> description)
    {
        Description = description;
        return this;
    }

    /// <summary>Belongs to no version of the interface: a page for people.</summary>
    public HttpFunction Unversioned()
    {
        _unversioned = true;
        return this;
    }

    public HttpFunction WithMaxBody(long bytes)
    {
        MaxBodyBytes = bytes;
        return this;
    }

    /// <exception cref="InvalidOperationException">Something that every function must say was not said.</exception>
    public void Validate()
    {
        if (!Path.StartsWith('/') || Path.Contains("{*", StringComparison.Ordinal))
        {
            // A host that rebuilds the address decodes it twice: below a catch-all route, '%252e%252e' would climb out of
            // the prefix and reach the endpoints meant for the host alone.
            throw new InvalidOperationException($"The path '{Path}' must start with a slash and may not end in a catch-all.");
        }

        if (Name.Length == 0)
            throw new InvalidOperationException($"{Method} {Path} has no name.");
        if (_open == Permission.HasValue)
            throw new InvalidOperationException($"{Name} must either require a permission or be open.");
    }
}
