namespace Tickets.Client.Import;

/// <summary>Counts durations in buckets that each are 2 % wider than the one before: a fixed size, however long the import.</summary>
internal sealed class LatencyHistogram
{
    private const double Growth = 1.02;
    private const double SmallestMs = 0.01;

    /// <summary>Up to 15 minutes; longer ones count as that.</summary>
    private readonly long[] _buckets = new long[Bucket(TimeSpan.FromMinutes(15).TotalMilliseconds) + 1];

    public void Add(TimeSpan duration) => Interlocked.Increment(ref _buckets[Math.Min(Bucket(duration.TotalMilliseconds), _buckets.Length - 1)]);

    /// <param name="share">0.99 for the 99th percentile.</param>
    /// <returns>Milliseconds; 0 when nothing was counted.</returns>
    public double PercentileMs(double share)
    {
        var total = _buckets.Sum();
        if (total == 0) return 0;
        var wanted = (long)Math.Ceiling(total * share);
        var seen = 0L;
        for (var i = 0; ; i++)
        {
            seen += _buckets[i];
            if (seen >= wanted) return SmallestMs * Math.Pow(Growth, i);
        }
    }

    private static int Bucket(double ms) => ms <= SmallestMs ? 0 : (int)Math.Ceiling(Math.Log(ms / SmallestMs) / Math.Log(Growth));
}
