using Tickets.Tests.Client;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Cli;

public sealed class OperationCommandTests : IDisposable
{
    private const string Started = """{"id":"op1","kind":"scan","status":"not_started","created_at":"2026-01-01T00:00:00Z"}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Waiting_shows_progress_on_one_stream_and_the_end_on_the_other()
    {
        await using var server = await StartAsync(Status(202, Started), Json(Running(3)), Json(Ended("succeeded")));

        var run = await CliRun.Async(["cold", "scan", "-q", "a/b", "--from", "2026-01-01", "--field", "state=TX", "--wait", "--host", server.Address.AbsoluteUri]);

        Assert.Equal(0, run.Code);
        Assert.Equal("""{"query":{"queue":"a/b","indexed_meta":{"state":"TX"}},"from":"2026-01-01"}""", server.Requests[0].Body);
        Assert.Contains("scan running: 30% of 10 tickets", run.Errors, StringComparison.Ordinal);
        Assert.Contains("\"status\": \"succeeded\"", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("running", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operation_that_fails_has_an_exit_code_of_its_own()
    {
        await using var server = await StartAsync(Json(Ended("failed")));
        var run = await CliRun.Async(["operation", "wait", "op1", "--host", server.Address.AbsoluteUri]);
        Assert.Equal(9, run.Code);
        Assert.Contains("\"status\": \"failed\"", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_goes_to_a_file_that_has_its_name_when_it_is_whole()
    {
        await using var server = await StartAsync(Json("{\"ticket_id\":\"1\"}\n{\"ticket_id\":\"2\"}\n"));
        var to = _folder.At("found.ndjson");
        var run = await CliRun.Async(["operation", "result", "op1", "--to", to, "--host", server.Address.AbsoluteUri]);
        Assert.Equal((0, ""), (run.Code, run.Output));
        Assert.Equal("{\"ticket_id\":\"1\"}\n{\"ticket_id\":\"2\"}\n", await File.ReadAllTextAsync(to, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(to + ".part"));
    }

    [Fact]
    public async Task An_export_has_the_hot_tickets_and_then_the_cold_ones_that_are_not_among_them()
    {
        await using var server = await StartAsync(
            Json("""{"tickets":[{"ticket_id":"1"},{"ticket_id":"2"}]}"""), Status(202, Started), Json(Ended("succeeded")), Json("{\"ticket_id\":\"2\"}\n{\"ticket_id\":\"3\"}\n"));
        var run = await CliRun.Async(["export", "-q", "a/b", "--cold", "--host", server.Address.AbsoluteUri]);
        Assert.Equal((0, "{\"ticket_id\":\"1\"}\n{\"ticket_id\":\"2\"}\n{\"ticket_id\":\"3\"}\n"), (run.Code, run.Output));
    }

    [Theory]
    [InlineData("POST /api/v1/webhooks/w1/replay", "webhook", "replay", "w1", "c9")]
    [InlineData("PATCH /api/v1/webhooks/w1", "webhook", "pause", "w1")]
    [InlineData("DELETE /api/v1/webhooks/w1", "webhook", "remove", "w1")]
    [InlineData("POST /api/v1/orchestrations/resume?hub=hot-0&instance_id=ticket%2F7", "orchestration", "resume", "ticket/7", "--hub", "hot-0")]
    [InlineData("GET /api/v1/notifications?recipient=night", "notification", "list", "night")]
    [InlineData("POST /api/v1/keys", "key", "create", "robot", "-q", "a", "--per-minute", "60")]
    [InlineData("DELETE /api/v1/keys/k1", "key", "revoke", "k1")]
    [InlineData("GET /api/v1/settings/audit?target=a%2Fb", "audit", "list", "--target", "a/b")]
    [InlineData("GET /api/v1/oplog/hot-0/991", "oplog", "get", "hot-0:991")]
    [InlineData("POST /api/v1/queues/moves", "queue", "move", "a/b", "--shards", "hot-0,hot-1")]
    [InlineData("POST /api/v1/tickets/7/restore", "ticket", "restore", "7", "-q", "a/b")]
    [InlineData("POST /api/v1/cold/erasures", "ticket", "erase", "7", "8", "-q", "a/b")]
    [InlineData("POST /api/v1/operations/op1/cancel", "operation", "cancel", "op1")]
    public async Task A_command_asks_its_route(string expected, params string[] command)
    {
        await using var server = await StartAsync(Json("{}"));
        var run = await CliRun.Async([.. command, "--host", server.Address.AbsoluteUri]);
        Assert.Equal(0, run.Code);
        var seen = Assert.Single(server.Requests);
        Assert.Equal(expected, $"{seen.Method} {seen.Target}");
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _tickets tickets")]
    [InlineData("zsh", "compdef _tickets tickets")]
    [InlineData("fish", "complete -c tickets")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Shells_get_a_script_that_completes(string shell, string expected)
    {
        Assert.Contains(expected, (await CliRun.Async(["completion", shell])).Output, StringComparison.Ordinal);
        // What the scripts ask.
        var suggested = await CliRun.Async(["[suggest:16]", "tickets ticket u"]);
        Assert.Contains("update", suggested.Output, StringComparison.Ordinal);
    }

    private static string Running(int done) => $$"""{"id":"op1","kind":"scan","status":"running","created_at":"2026-01-01T00:00:00Z","progress":{"done":{{done}},"total":10,"unit":"tickets"} }""";

    private static string Ended(string status) => $$"""{"id":"op1","kind":"scan","status":"{{status}}","created_at":"2026-01-01T00:00:00Z"}""";
}
