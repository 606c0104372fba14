using Tickets.Functions.Telemetry;

namespace Tickets.Tests.Telemetry;

public class PrometheusNameTests
{
    [Theory]
    [InlineData("http.server.request.duration", "s", false, "http_server_request_duration_seconds")]
    [InlineData("tickets.changes", "{op}", true, "tickets_changes_total")]
    [InlineData("tickets.archive.stored", "By", true, "tickets_archive_stored_bytes_total")]
    [InlineData("tickets.writer.waiting", "{command}", false, "tickets_writer_waiting")]
    [InlineData("cpu.utilization", "1", false, "cpu_utilization_ratio")]
    public void Names_are_written_as_OpenTelemetry_writes_them_for_Prometheus(string name, string unit, bool isCounter, string expected) =>
        Assert.Equal(expected, PrometheusName.OfMetric(name, unit, isCounter));
}
