using System.Diagnostics;

namespace Tickets.Core.Platform;

/// <summary>The W3C trace context that work done later belongs to (https://www.w3.org/TR/trace-context/).</summary>
internal static class TraceContext
{
    /// <summary>
    /// <c>00-TRACE-SPAN-01</c>; null when nobody records the trace: then nobody would look for it. Without telemetry of our own it is
    /// the caller's own span, passed on as it came.
    /// </summary>
    public static string? Current => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } span
        ? span.IsAllDataRequested ? span.Id : span.ParentId
        : null;
}
