namespace Tickets.Core.Oplog;

/// <summary>When a reader had best ask again: at once while it is behind, else so late that its next page is worth the trip.</summary>
internal static class PollingDelay
{
    private const int Least = 50;
    private const int Lively = 250;
    private const int Idle = 500;
    private const int Asleep = 2_000;

    private static readonly TimeSpan Sleepy = TimeSpan.FromMinutes(1);

    /// <param name="behind">There is more to read now.</param>
    /// <param name="count">Ops answered.</param>
    /// <param name="span">From the first of them to the last.</param>
    /// <param name="maxOps">Of a page.</param>
    /// <param name="quiet">How long nothing has happened on any of the shards, as far as this process knows.</param>
    /// <returns>Milliseconds.</returns>
    public static int After(bool behind, int count, TimeSpan span, int maxOps, TimeSpan quiet)
    {
        // A full page may not have been all.
        if (behind || count == maxOps)
            return 0;
        if (count == 0)
            return quiet > Sleepy ? Asleep : Idle;
        if (count == 1)
            return Lively;
        // At this rate half a page is there after so long.
        var half = span.TotalMilliseconds / (count - 1) * maxOps / 2;
        return (int)Math.Clamp(half, Least, Idle);
    }
}
