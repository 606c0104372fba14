using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Tickets.Core.Access;

namespace Tickets.Functions.Telemetry;

/// <summary>Writes metrics as Prometheus reads them: text format 0.0.4.</summary>
/// <param name="reader">Sees the series of the queues that it reaches; who follows the log is shown to those that reach all.</param>
internal sealed class PrometheusText(Caller reader)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new(16 * 1024);
    private readonly Dictionary<string, StringBuilder> _families = new(StringComparer.Ordinal);

    public void Add(in Batch<Metric> metrics)
    {
        foreach (var metric in metrics)
            Add(metric);
    }

    public override string ToString()
    {
        _text.Clear();
        foreach (var family in _families.Values)
            _text.Append(family);
        return _text.ToString();
    }

    private void Add(Metric metric)
    {
        var isCounter = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        var name = PrometheusName.OfMetric(metric.Name, metric.Unit, isCounter);
        // Instruments of one name from several meters are one family, under one heading.
        if (!_families.TryGetValue(name, out var family))
        {
            var type = metric.MetricType.IsHistogram() ? "histogram" : isCounter ? "counter" : "gauge";
            _families[name] = family = new StringBuilder().Append("# HELP ").Append(name).Append(' ').Append(metric.Description.Replace("\\", @"\\").Replace("\n", @"\n"))
                .Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        }

        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            if (Labels(point.Tags) is { } labels)
                Add(family, name, metric.MetricType, labels, point);
        }
    }

    private static void Add(StringBuilder family, string name, MetricType type, string labels, in MetricPoint point)
    {
        if (type.IsHistogram())
            AddHistogram(family, name, labels, point);
        else
            Line(family, name, "", labels, null, Value(type, point));
    }

    private static double Value(MetricType type, in MetricPoint point) => type switch
    {
        MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
        MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
        MetricType.LongGauge => point.GetGaugeLastValueLong(),
        _ => point.GetGaugeLastValueDouble(),
    };

    private static void AddHistogram(StringBuilder family, string name, string labels, in MetricPoint point)
    {
        var sum = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            sum += bucket.BucketCount;
            Line(family, name, "_bucket", labels, $"le=\"{Number(bucket.ExplicitBound)}\"", sum);
        }

        Line(family, name, "_sum", labels, null, point.GetHistogramSum());
        Line(family, name, "_count", labels, null, point.GetHistogramCount());
    }

    private static void Line(StringBuilder family, string name, string suffix, string labels, string? bound, double value)
    {
        family.Append(name).Append(suffix);
        if (labels.Length > 0 || bound is not null)
            family.Append('{').Append(labels).Append(labels.Length > 0 && bound is not null ? "," : "").Append(bound).Append('}');
        family.Append(' ').Append(Number(value)).Append('\n');
    }

    /// <returns>Null when the series is not to be shown.</returns>
    private string? Labels(ReadOnlyTagCollection tags)
    {
        var labels = new StringBuilder();
        foreach (var (key, tag) in tags)
        {
            var value = Convert.ToString(tag, CultureInfo.InvariantCulture) ?? "";
            if ((key == "queue" && !reader.Reaches(value)) || (key == "follower" && !reader.ReachesAll))
                return null;
            labels.Append(labels.Length > 0 ? "," : "").Append(PrometheusName.OfLabel(key)).Append("=\"")
                .Append(value.Replace("\\", @"\\").Replace("\"", "\\\"").Replace("\n", @"\n")).Append('"');
        }

        return labels.ToString();
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
