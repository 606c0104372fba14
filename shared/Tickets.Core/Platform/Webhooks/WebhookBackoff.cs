namespace Tickets.Core.Platform.Webhooks;

/// <summary>How long to wait after a failed attempt: twice as long each time, with some chance so that many do not come back at once.</summary>
public sealed record WebhookBackoff(TimeSpan First, TimeSpan Longest, int Attempts)
{
    /// <summary>A second first, ten minutes at most, given up after 16 attempts: nearly two hours.</summary>
    public static WebhookBackoff Default { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), 16);

    private static readonly TimeSpan LongestAsked = TimeSpan.FromHours(1);

    /// <param name="failed">Attempts that have failed so far, at least 1.</param>
    /// <param name="chance">From 0 to 1.</param>
    /// <returns>Null when it is time to give up.</returns>
    public TimeSpan? After(int failed, TimeSpan? asked, double chance)
    {
        if (failed >= Attempts)
            return null;
        var doubled = Math.Min(First.TotalSeconds * Math.Pow(2, failed - 1), Longest.TotalSeconds);
        var own = TimeSpan.FromSeconds(doubled * (0.75 + (chance / 2)));
        var wanted = asked is { } time ? TimeSpan.FromTicks(Math.Min(time.Ticks, LongestAsked.Ticks)) : TimeSpan.Zero;
        return wanted > own ? wanted : own;
    }
}
