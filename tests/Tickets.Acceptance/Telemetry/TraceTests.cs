using System.Text;

namespace Tickets.Acceptance.Telemetry;

public class TraceTests(RunningApp app)
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Span = "00f067aa0ba902b7";

    [Fact]
    public async Task The_callers_trace_goes_through_the_request_into_the_log()
    {
        var queue = await app.NewQueueAsync();
        var cursor = (await app.Admin.GetAsync("/oplog?cursor=now")).Ok().Text("next_cursor");

        var created = await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}"}""", ("traceparent", $"00-{Trace}-{Span}-01"));
        await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}"}""", ("traceparent", $"00-{Trace}-{Span}-00"));
        await app.Admin.CreateAsync(queue);

        Assert.Equal(Trace, created.Headers["x-trace-id"]);
        var events = JsonElement.Parse((await app.Admin.GetAsync($"/oplog?cursor={cursor}&queue={queue}", ("Accept", "application/cloudevents-batch+json"))).Text).EnumerateArray().ToList();
        // A trace that nobody records is not kept.
        Assert.Equal([$"00-{Trace}-{Span}-01", null, null], events.Select(change => change.Text("traceparent")));
        var ops = (await app.Admin.GetAsync($"/oplog?cursor={cursor}&queue={queue}")).Ok().GetProperty("ops").EnumerateArray();
        Assert.Equal($"00-{Trace}-{Span}-01", ops.First().Text("traceparent"));
    }

    [Fact]
    public async Task With_an_endpoint_traces_metrics_and_logs_go_out_and_no_secret_with_them()
    {
        await using var collector = new OtlpCollector();
        await using var side = await SideApp.StartAsync(app, withApp: true, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_BLRP_SCHEDULE_DELAY", "200"), ("OTEL_METRIC_EXPORT_INTERVAL", "500"), ("OTEL_SERVICE_NAME", "tickets-under-test"), ("Hosting__LogFormat", "json"));
        var queue = await side.NewQueueAsync();

        var created = await side.Admin.PostAsync("/tickets", $$$"""{"queue": "{{{queue}}}", "meta": {"note": "canary-in-a-body"}}""", ("traceparent", $"00-{Trace}-{Span}-01"));
        Assert.Equal(Trace, created.Headers["x-trace-id"]);

        var id = Encoding.Latin1.GetString(Convert.FromHexString(Trace));
        await Eventually.GetAsync(() => Task.FromResult(collector.Of("traces")), traces =>
            traces.Contains(id, StringComparison.Ordinal) && traces.Contains("POST /api/v1/tickets", StringComparison.Ordinal) && traces.Contains("commit group", StringComparison.Ordinal));
        await Eventually.GetAsync(() => Task.FromResult(collector.Of("metrics")), metrics =>
            metrics.Contains("tickets.changes", StringComparison.Ordinal) && metrics.Contains("tickets.oplog.head", StringComparison.Ordinal) && metrics.Contains("http.server.request.duration", StringComparison.Ordinal));
        await Eventually.GetAsync(() => Task.FromResult(collector.Of("logs")), logs => logs.Contains("Listening on {Address}", StringComparison.Ordinal) || logs.Contains("Ready after", StringComparison.Ordinal));
        foreach (var kind in new[] { "traces", "metrics", "logs" })
        {
            Assert.Contains("tickets-under-test", collector.Of(kind), StringComparison.Ordinal);
            Assert.DoesNotContain("canary-in-a-body", collector.Of(kind), StringComparison.Ordinal);
            Assert.DoesNotContain(side.Admin.Key!, collector.Of(kind), StringComparison.Ordinal);
            Assert.DoesNotContain("Password=", collector.Of(kind), StringComparison.OrdinalIgnoreCase);
        }

        // What the process writes for people and collectors of logs: an object a line, with the event's id.
        var lines = File.ReadLines(side.Stack.Apps[0].LogFile).Where(line => line.StartsWith('{')).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Contains(lines, line => line.Number("EventId") == 100 && line.GetProperty("State").Text("Address") is not null);
    }
}
