using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Tickets.Functions.Telemetry;

/// <summary>Collects this process's metrics when it is asked to.</summary>
/// <remarks>Not marked as pulled: the SDK lets only exporters of its own collect those.</remarks>
internal sealed class MetricScrape : BaseExporter<Metric>
{
    private const int PatienceMs = 5_000;

    private readonly Lock _gate = new();
    private PrometheusText? _current;

    public MetricScrape() => Reader = new BaseExportingMetricReader(this);

    /// <summary>For the provider of the metrics.</summary>
    public MetricReader Reader { get; }

    /// <summary>One scrape at a time: the points are collected in place.</summary>
    public string Run(PrometheusText text)
    {
        lock (_gate)
        {
            _current = text;
            Reader.Collect(PatienceMs);
            _current = null;
            return text.ToString();
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        // At the end of the process the reader collects once more by itself, for nobody.
        _current?.Add(batch);
        return ExportResult.Success;
    }
}
