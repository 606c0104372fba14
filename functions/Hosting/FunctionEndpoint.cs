using Tickets.Core.Access;

namespace Tickets.Functions.Hosting;

/// <summary>What happens to a request before its function sees it: readiness, key, permission, query.</summary>
internal sealed class FunctionEndpoint(HttpFunction function, long defaultMaxBodyBytes, IServiceProvider services, Readiness readiness, TimeProvider time)
{
    /// <summary>A request that comes while the app starts is held this long before it is answered 503.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly long _maxBodyBytes = function.MaxBodyBytes ?? defaultMaxBodyBytes;
    private Authenticate? _authenticate;

    public Task Invoke(HttpContext context) =>
        readiness.IsReady || function.AnswersBeforeReady ? InvokeReady(context) : WaitAndInvoke(context);

    private async Task WaitAndInvoke(HttpContext context)
    {
        try
        {
            await readiness.WhenReady.WaitAsync(LongestWait, time, context.RequestAborted);
        }
        catch (TimeoutException)
        {
            await context.AnswerProblem(HttpProblems.Unavailable($"Not ready: {readiness.WaitingFor}."));
            return;
        }

        await InvokeReady(context);
    }

    private Task InvokeReady(HttpContext context)
    {
        Caller? caller = null;
        if (function.Permission is { } permission)
        {
            // Not before the app is ready: resolving it may need what initialising sets up.
            _authenticate ??= services.GetRequiredService<Authenticate>();
            caller = Credential(context.Request) is { } credential ? _authenticate(credential) : null;
            if (caller is null)
                return context.AnswerProblem(HttpProblems.Unauthorized);
            if (!caller.May(permission))
                return context.AnswerProblem(HttpProblems.Forbidden($"The role {caller.Role.ToString().ToLowerInvariant()} does not include the permission to {permission.ToString().ToLowerInvariant()}."));
        }

        if (QueryParameters.Fault(context.Request.QueryString, function.QueryParameters) is { } problem)
            return context.AnswerProblem(problem);

        context.Features.Set(new FunctionCall(caller, _maxBodyBytes));
        return function.Handler(context);
    }

    private static string? Credential(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        var header = request.Headers.Authorization;
        return header.Count == 1 && header[0] is { } value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? value[Scheme.Length..].Trim()
            : null;
    }
}
