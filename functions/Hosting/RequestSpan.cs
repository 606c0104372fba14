using System.Diagnostics;

namespace Tickets.Functions.Hosting;

/// <summary>
/// The span of a request, child of the caller's (https://www.w3.org/TR/trace-context/). Where nobody listens but the caller has a trace,
/// it is an unrecorded carrier that hands the caller's context on to what the request causes.
/// </summary>
internal static class RequestSpan
{
    private static readonly ActivitySource Source = new("Tickets");

    /// <summary>False spares most requests an object: nobody listens and the caller traces nothing.</summary>
    public static bool IsWanted(HttpRequest request) => Source.HasListeners() || request.Headers.TraceParent.Count > 0;

    public static Activity? Begin(HttpRequest request)
    {
        var traced = ActivityContext.TryParse(request.Headers.TraceParent, request.Headers.TraceState, isRemote: true, out var caller);
        if (Source.StartActivity(request.Method, ActivityKind.Server, caller) is { } span)
            return span;
        if (!traced)
            return null;
        var carrier = new Activity(request.Method) { IsAllDataRequested = false };
        carrier.SetParentId(caller.TraceId, caller.SpanId, caller.TraceFlags);
        carrier.TraceStateString = caller.TraceState;
        return carrier.Start();
    }

    /// <summary>Names and attributes are OpenTelemetry's for HTTP servers. The query is left out: cursors and names are the caller's own.</summary>
    public static void End(Activity? span, HttpContext context)
    {
        if (span is null)
            return;
        if (span.IsAllDataRequested)
            Describe(span, context);
        span.Dispose();
    }

    private static void Describe(Activity span, HttpContext context)
    {
        var (request, status) = (context.Request, context.Response.StatusCode);
        if ((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } route)
        {
            span.DisplayName = $"{request.Method} {route}";
            span.SetTag("http.route", route);
        }

        span.SetTag("http.request.method", request.Method);
        span.SetTag("url.scheme", request.Scheme);
        span.SetTag("url.path", request.Path.Value);
        span.SetTag("http.response.status_code", status);
        if (status < StatusCodes.Status500InternalServerError)
            return;
        span.SetTag("error.type", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        span.SetStatus(ActivityStatusCode.Error);
    }
}
