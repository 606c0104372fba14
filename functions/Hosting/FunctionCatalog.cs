namespace Tickets.Functions.Hosting;

/// <summary>
/// Every function of the app, declared once. From it come the HTTP endpoints, the timers, the endpoints that the Functions
/// host calls, and at publish one <c>function.json</c> per function.
/// </summary>
/// <remarks>Nothing may be read or opened while declaring: publishing declares the functions too, with no configuration.</remarks>
internal sealed class FunctionCatalog
{
    /// <summary>The host puts its <c>routePrefix</c> (<c>api</c>) in front of every route, and forwarded requests keep it.</summary>
    public const string RoutePrefix = "api";
    public const string Version = "v1";

    private readonly List<HttpFunction> _http = [];
    private readonly List<TimerFunction> _timers = [];
    private readonly List<TopicFunction> _topics = [];

    public IReadOnlyList<HttpFunction> Http => _http;
    public IReadOnlyList<TimerFunction> Timers => _timers;
    public IReadOnlyList<TopicFunction> Topics => _topics;

    /// <param name="path">Below <c>/api/v1</c>, with a leading slash; <c>{name}</c> is a route value.</param>
    /// <param name="handler">Answers the request; it runs after authentication and the checks that the declaration asks for.</param>
    public HttpFunction MapGet(string path, RequestDelegate handler) => Map("GET", path, handler);
    public HttpFunction MapPost(string path, RequestDelegate handler) => Map("POST", path, handler);
    public HttpFunction MapPut(string path, RequestDelegate handler) => Map("PUT", path, handler);
    public HttpFunction MapPatch(string path, RequestDelegate handler) => Map("PATCH", path, handler);
    public HttpFunction MapDelete(string path, RequestDelegate handler) => Map("DELETE", path, handler);

    /// <param name="path">Below <c>/api</c>.</param>
    public HttpFunction MapPage(string path, RequestDelegate handler) => Map("GET", path, handler).Unversioned();

    /// <param name="schedule">Six NCRONTAB fields, seconds first, UTC: <c>0 */5 * * * *</c>.</param>
    /// <param name="run">One run. Runs of one timer never overlap; a failed run is logged and the next tick runs.</param>
    /// <exception cref="FormatException">The schedule is not one that both the Functions host and a local timer read alike.</exception>
    public void MapTimer(string name, string schedule, TimerHandler run) =>
        _timers.Add(new TimerFunction(FunctionName.Checked(name), TimerSchedule.Parse(schedule), run));

    /// <summary>
    /// One message at a time from a topic's subscription, body as bytes. Only the Functions host brings messages: run alone,
    /// the app has no such trigger. Success completes the message, an exception abandons it.
    /// </summary>
    public void MapServiceBusTopic(string name, string topic, string subscription, TopicHandler handle, bool sessions = true) =>
        _topics.Add(new TopicFunction(FunctionName.Checked(name), topic, subscription, sessions, handle));

    /// <exception cref="InvalidOperationException">A declaration is incomplete or clashes with another.</exception>
    public void Validate()
    {
        foreach (var function in _http)
            function.Validate();

        var names = _http.Select(f => f.Name).Concat(_timers.Select(f => f.Name)).Concat(_topics.Select(f => f.Name));
        RefuseRepeats(names, "name");
        RefuseRepeats(_http.Select(f => $"{f.Method} {RouteShape(f.HostRoute)}"), "route");
    }

    private HttpFunction Map(string method, string path, RequestDelegate handler)
    {
        var function = new HttpFunction(method, path, handler);
        _http.Add(function);
        return function;
    }

    private static void RefuseRepeats(IEnumerable<string> values, string what)
    {
        foreach (var group in values.GroupBy(v => v, StringComparer.OrdinalIgnoreCase).Where(g => g.Skip(1).Any()))
            throw new InvalidOperationException($"Two functions have the {what} '{group.Key}'.");
    }

    /// <summary>Two routes that differ only in the names of their values match the same paths.</summary>
    private static string RouteShape(string path) =>
        string.Join('/', path.Split('/').Select(segment => segment.StartsWith('{') ? "{}" : segment));
}
