using System.Collections.Concurrent;

namespace Tickets.Local.Demo;

/// <summary>Durations of single requests, measured by whoever sent them.</summary>
internal sealed class Latencies
{
    private readonly ConcurrentBag<TimeSpan> _all = [];

    public int Count => _all.Count;

    public void Add(TimeSpan duration) => _all.Add(duration);

    /// <param name="share">0.99 for the 99th percentile.</param>
    /// <returns>Milliseconds; 0 when nothing was measured.</returns>
    public double PercentileMs(double share)
    {
        var sorted = _all.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[(int)Math.Ceiling(sorted.Count * share) - 1].TotalMilliseconds;
    }
}
