namespace Tickets.Chaos.Checkers;

/// <summary>Whether what was sampled over a long run stays where it is.</summary>
internal static class Flatness
{
    /// <summary>The later half's median against the earlier half's, without the first tenth, in which everything still fills up.</summary>
    /// <returns>1 where it is the same; 1.5 where it has grown by half; null for fewer than ten samples.</returns>
    public static double? Growth(IReadOnlyList<double> samples)
    {
        if (samples.Count < 10)
            return null;
        var settled = samples.Skip(samples.Count / 10).ToList();
        var early = Median(settled.Take(settled.Count / 2));
        var late = Median(settled.Skip(settled.Count / 2));
        // Both as good as nothing is flat.
        return early <= 0 ? (late <= 0 ? 1 : double.PositiveInfinity) : late / early;
    }

    private static double Median(IEnumerable<double> values) => Tickets.Bench.Report.Median.Of(values);
}
