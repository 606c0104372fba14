using System.Diagnostics.Metrics;

namespace Tickets.Core.Platform;

/// <summary>Bounds for histograms. Without them collectors fall back to bounds made for milliseconds, where all that is shorter than 5 s is one bucket.</summary>
public static class MetricBuckets
{
    public static InstrumentAdvice<double> Seconds { get; } = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    /// <summary>For what may be late by hours.</summary>
    public static InstrumentAdvice<double> LongSeconds { get; } = new()
    {
        HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 7200],
    };

    /// <summary>For counts up to some hundreds.</summary>
    public static InstrumentAdvice<int> Counts { get; } = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] };
}
