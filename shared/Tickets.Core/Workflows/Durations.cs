using Tickets.Core.Platform.Json;

namespace Tickets.Core.Workflows;

/// <summary>How long anything in a workflow may take: no calendar ends before it is over, and nobody is reminded in a torrent.</summary>
internal static class Durations
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Most = TimeSpan.FromDays(36_500);

    /// <returns>Null for a good one.</returns>
    public static string? Fault(string text) =>
        Iso8601Duration.TryParse(text, out var time) && time >= Least && time <= Most
            ? null
            : $"'{text}' is not an ISO 8601 duration, such as PT4H, of at least PT0.1S and at most P36500D.";
}
