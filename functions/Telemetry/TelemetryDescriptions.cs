using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Telemetry;

internal static class TelemetryDescriptions
{
    public static FunctionDescription Metrics() => new("Operations", "Read the metrics of this process")
    {
        Details = "Prometheus's text format: this process's metrics and what waits in the databases; of queues, those that the key reaches.",
        Answers = [new(200, "The metrics.", null, "tickets_oplog_head{shard=\"hot-0\"} 991\n") { ContentType = PrometheusText.ContentType }],
    };
}
