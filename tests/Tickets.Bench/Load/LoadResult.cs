using System.Globalization;

namespace Tickets.Bench.Load;

/// <summary>What came of a load in its measured part.</summary>
internal sealed class LoadResult
{
    /// <summary>Answers with 200.</summary>
    public long Done { get; set; }

    /// <summary>All others, by status.</summary>
    public SortedDictionary<int, long> Refused { get; } = [];

    /// <summary>The first answer that was not a 200, for people.</summary>
    public string? FirstRefusal { get; set; }

    /// <summary>Of the requests that were answered with 200.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Of those that were refused with 429 or 503: how long it took from their sending until they were told.</summary>
    public LatencyHistogram RefusedLatency { get; } = new();

    /// <summary>Answers of 429 or 503 that do not say when to come again.</summary>
    public long RefusedWithoutRetryAfter { get; set; }

    /// <summary>Requests that were due in an open loop and never sent, because all connections waited for answers.</summary>
    public long NeverSent { get; set; }

    public TimeSpan Elapsed { get; set; }

    public long RefusedCount => Refused.Values.Sum();

    public double PerSecond => Done / Elapsed.TotalSeconds;

    public double RefusedPerSecond => RefusedCount / Elapsed.TotalSeconds;

    /// <exception cref="BenchException">More than one in a thousand was refused: the rate would be that of refusals.</exception>
    public LoadResult OrThrow(string what)
    {
        if (Done == 0 || RefusedCount * 1000 > Done)
            throw new BenchException($"{what}: {Done} done, {Describe()} refused. The first: {FirstRefusal}");
        return this;
    }

    private string Describe() => Refused.Count == 0 ? "none" : string.Join(", ", Refused.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} × {pair.Key}")));
}
