using System.Text.RegularExpressions;
using Tickets.Local;

namespace Tickets.Acceptance.Telemetry;

public partial class MetricsTests(RunningApp app)
{
    [Fact]
    public async Task A_scrape_tells_of_requests_writers_queues_and_the_log()
    {
        var queue = await app.NewQueueAsync();
        var closed = await app.Admin.CreateAsync(queue);
        await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, closed);

        // What waits in the databases is looked at every ten seconds at most, and a database that does not answer in time is left out.
        var text = await Eventually.GetAsync(
            ScrapeAsync, text => text.Contains($$"""tickets_queue_tickets{queue="{{queue}}",status="closed"} 1""", StringComparison.Ordinal) && Head().IsMatch(text));
        Assert.Contains($$"""tickets_queue_tickets{queue="{{queue}}",status="reported"} 1""", text, StringComparison.Ordinal);
        Assert.Contains($$"""tickets_archive_backlog{queue="{{queue}}"} 0""", text, StringComparison.Ordinal);
        Assert.Matches("""http_server_request_duration_seconds_count\{[^}]*http_route="/api/v1/tickets"[^}]*\} [1-9]""", text);
        Assert.Matches("""tickets_changes_total\{kind="created"\} [1-9]""", text);
        Assert.Matches("""tickets_writer_waiting\{shard="hot-0"\} [0-9]""", text);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(Line(), line));
        // One heading a name, whatever the number of meters and series.
        var headings = text.Split('\n').Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).ToList();
        Assert.Equal(headings.Distinct(), headings);
    }

    [Theory]
    [InlineData("tickets_relay_lost_total")]
    [InlineData("tickets_cold_damaged_parts_total")]
    [InlineData("tickets_webhooks_dead_total")]
    public async Task What_should_never_happen_is_told_before_it_does_so_that_an_alert_sees_the_first_time(string counter) =>
        Assert.Matches($"(?m)^{counter} [0-9]+$", await ScrapeAsync());

    [Fact]
    public async Task Every_metric_of_the_dashboard_that_is_not_our_own_is_in_a_scrape()
    {
        await app.Admin.CreateAsync(await app.NewQueueAsync());
        var text = await ScrapeAsync();
        var lines = text.Split('\n');
        var used = Foreign().Matches(await File.ReadAllTextAsync(Repository.PathTo("infra", "telemetry", "dashboard.json"), TestContext.Current.CancellationToken)).Select(match => match.Value).Distinct();
        Assert.All(used, name => Assert.Contains(lines, line => line.StartsWith($"{name}{{", StringComparison.Ordinal) || line.StartsWith($"{name} ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Metrics_are_for_operators_and_show_them_their_own_queues()
    {
        var (mine, other) = (await app.NewQueueAsync(below: "walls/mine"), await app.NewQueueAsync(below: "walls/other"));
        await app.Admin.CreateAsync(mine);
        await app.Admin.CreateAsync(other);
        var bounded = await app.AsAsync(Role.Operator, "walls/mine");

        var text = await Eventually.GetAsync(async () => (await bounded.GetAsync("/metrics")).Text, text => text.Contains($"queue=\"{mine}\"", StringComparison.Ordinal));

        Assert.DoesNotContain("walls/other", text, StringComparison.Ordinal);
        (await (await app.AsAsync(Role.Reader)).GetAsync("/metrics")).Problem(403, "forbidden");
        (await app.Admin.As(null).GetAsync("/metrics")).Problem(401, "unauthorized");
    }

    private async Task<string> ScrapeAsync()
    {
        var answer = await app.Admin.GetAsync("/metrics");
        Assert.Equal((200, "text/plain; version=0.0.4; charset=utf-8"), (answer.Status, answer.Headers["Content-Type"]));
        return answer.Text;
    }

    [GeneratedRegex("""^(# (HELP|TYPE) [a-z_:][a-zA-Z0-9_:]* .*|[a-z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_]+="([^"\\]|\\.)*",?)*\})? (\+Inf|-?[0-9.E+-]+|NaN))$""")]
    private static partial Regex Line();

    [GeneratedRegex(@"\b(http_server|db_client_connection_count|db_client_operation|dotnet)[a-z_]*(?=\{job)")]
    private static partial Regex Foreign();

    [GeneratedRegex("""tickets_oplog_head\{shard="hot-0"\} [1-9]""")]
    private static partial Regex Head();
}
