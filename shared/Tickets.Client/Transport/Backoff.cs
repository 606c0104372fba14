namespace Tickets.Client.Transport;

/// <summary>How long to wait before the next attempt.</summary>
internal static class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    /// <param name="attempt">The attempt that failed, from 1.</param>
    /// <param name="retryAfter">What the server asked for.</param>
    /// <param name="chance">Uniform in [0, 1): spreads robots that failed together.</param>
    public static TimeSpan Delay(int attempt, TimeSpan? retryAfter, double chance)
    {
        var ceiling = First * Math.Pow(2, Math.Min(attempt - 1, 16));
        if (ceiling > Longest) ceiling = Longest;
        // Never before the time the server named; the jitter comes on top.
        return retryAfter is { } asked && asked > TimeSpan.Zero
            ? asked + First * chance
            : ceiling * (0.5 + chance / 2);
    }
}
