using System.Diagnostics;
using System.Numerics;

namespace Tickets.Bench.Load;

/// <summary>Counts latencies in buckets that are at most 1/64 wide: percentiles are true to 1.6 %, whatever their size.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 6;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] _counts = new long[SubBuckets * 40];

    public long Count { get; private set; }

    /// <param name="ticks">In units of <see cref="Stopwatch.Frequency"/>.</param>
    public void Record(long ticks)
    {
        var microseconds = Math.Max(0, ticks * 1_000_000 / Stopwatch.Frequency);
        _counts[Math.Min(BucketOf(microseconds), _counts.Length - 1)]++;
        Count++;
    }

    /// <param name="share">Such as 0.99.</param>
    /// <returns>The latency in milliseconds that this share of the requests stayed within; 0 when there were none.</returns>
    public double Milliseconds(double share)
    {
        var wanted = (long)Math.Ceiling(Count * share);
        long seen = 0;
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted && seen > 0)
                return UpperEnd(bucket) / 1000.0;
        }

        return 0;
    }

    private static int BucketOf(long value)
    {
        if (value < SubBuckets)
            return (int)value;
        var shift = BitOperations.Log2((ulong)value) - SubBits;
        return ((shift + 1) << SubBits) + (int)((value >> shift) - SubBuckets);
    }

    private static long UpperEnd(int bucket)
    {
        if (bucket < SubBuckets)
            return bucket;
        var shift = (bucket >> SubBits) - 1;
        return ((long)((bucket & (SubBuckets - 1)) + SubBuckets + 1) << shift) - 1;
    }
}
