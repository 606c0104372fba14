using Tickets.Contracts;
using Tickets.Tests.Client;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Cli;

public sealed class CommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Create_takes_a_nonce_and_builds_the_ticket_from_its_options()
    {
        await using var server = await StartAsync(Json("""{"nonces":["n1"]}"""), Json("""{"ticket_id":"17"}"""));
        var note = _folder.Write("note.txt", "from a file");

        var run = await CliRun.Async(
            ["ticket", "create", "-q", "a/b", "--meta", "report:={\"any\":[1]}", "--meta", $"note=@{note}", "--field", "cost:=12", "--field", "state=TX", "--host", server.Address.AbsoluteUri]);

        Assert.Equal(0, run.Code);
        Assert.Equal(
            """{"queue":"a/b","meta":{"report":{"any":[1]},"note":"from a file"},"indexed_meta":{"cost":12,"state":"TX"},"nonce":"n1"}""",
            server.Requests[1].Body);
        Assert.Equal("""{"ticket_id":"17"}""", string.Concat(run.Output.Where(c => !char.IsWhiteSpace(c))));
    }

    [Fact]
    public async Task Create_takes_its_body_from_standard_input_and_options_override_it()
    {
        await using var server = await StartAsync(Json("""{"ticket_id":"17"}"""));

        var run = await CliRun.Async(
            ["ticket", "create", "-f", "-", "--status", "triaged", "--host", server.Address.AbsoluteUri], input: """{"nonce":"mine","queue":"a/b","status":"reported"}""");

        Assert.Equal(0, run.Code);
        Assert.Equal("""{"nonce":"mine","queue":"a/b","status":"triaged"}""", Assert.Single(server.Requests).Body);
    }

    [Fact]
    public async Task Update_sends_conditions_and_changes_under_a_key_of_its_own()
    {
        await using var server = await StartAsync(Drop, Json("{}"));

        await CliRun.Async(
            ["ticket", "update", "17", "--expect", "ticket.version:=4", "--set", "status=closed", "--set", "indexed_meta.cost:=5", "--unset", "meta.draft", "--host", server.Address.AbsoluteUri]);

        Assert.Equal("""{"expected":{"ticket.version":4},"set":{"status":"closed","indexed_meta.cost":5},"unset":["meta.draft"]}""", server.Requests[1].Body);
        Assert.Equal(server.Requests[0].Header("Idempotency-Key"), server.Requests[1].Header("Idempotency-Key"));
        Assert.NotEmpty(server.Requests[0].Header("Idempotency-Key")!);
    }

    [Fact]
    public async Task Put_replaces_the_revision_in_the_file_and_else_may_only_create()
    {
        await using var server = await StartAsync(Json("{}"), Problem(412, ProblemCodes.PreconditionFailed));
        var known = _folder.Write("known.json", """{"queue":"a/b","workflow_id":"w","revision":7}""");
        var fresh = _folder.Write("new.json", """{"queue":"a/b","workflow_id":"w"}""");

        await CliRun.Async(["queue", "put", known, "--host", server.Address.AbsoluteUri]);
        var refused = await CliRun.Async(["queue", "put", fresh, "--host", server.Address.AbsoluteUri]);

        Assert.Equal("\"7\"", server.Requests[0].Header("If-Match"));
        Assert.Equal("*", server.Requests[1].Header("If-None-Match"));
        Assert.Equal(4, refused.Code);
        Assert.Contains("a/b exists already. To change it: tickets queue get a/b", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bulk_fails_with_the_class_of_its_first_failed_item()
    {
        await using var server = await StartAsync(Json("""{"results":[{"status":200},{"status":404},{"status":409}]}"""));

        var run = await CliRun.Async(["ticket", "bulk", _folder.Write("b.json", """{"items":[]}"""), "--host", server.Address.AbsoluteUri]);

        Assert.Equal(3, run.Code);
    }

    [Fact]
    public async Task Tail_writes_ops_by_the_line_to_the_end_and_keeps_its_place_for_the_next_run()
    {
        const string Op = """{"shard":"hot-0","opid":1,"at":"2026-01-01T00:00:00+00:00","ticket_id":"1","queue":"q","kind":"created","version":1,"diff":{}}""";
        await using var server = await StartAsync(
            Json($$"""{"ops":[{{Op}}],"next_cursor":"c1","polling_delay_ms":0}"""),
            Json("""{"ops":[],"next_cursor":"c1","polling_delay_ms":0}"""));
        string[] command = ["oplog", "tail", "--cursor-file", _folder.At("cursor"), "--host", server.Address.AbsoluteUri];

        var first = await CliRun.Async(command);
        await CliRun.Async(command);

        Assert.Equal(Op + "\n", first.Output);
        Assert.Contains("cursor: c1", first.Errors, StringComparison.Ordinal);
        Assert.Equal("/api/v1/oplog?max_ops=1000", server.Requests[0].Target);
        Assert.Equal("/api/v1/oplog?cursor=c1&max_ops=1000", server.Requests[2].Target);
    }

    [Fact]
    public async Task Health_shows_all_three_and_fails_as_the_worst_of_them()
    {
        await using var server = await StartAsync(Json("""{"ping":"ok"}"""), Problem(503, ProblemCodes.Unavailable), Json("""{"version":"1"}"""));

        var run = await CliRun.Async(["health", "--host", server.Address.AbsoluteUri]);

        Assert.Equal(6, run.Code);
        Assert.Contains("\"ready\": {\n    \"status\": 503", run.Output, StringComparison.Ordinal);
        Assert.Equal(["/api/v1/ping", "/api/v1/health/ready", "/api/v1/version"], server.Requests.Select(r => r.Target));
    }

    [Theory]
    [InlineData("error: --set a: the value is not JSON.", "ticket", "update", "1", "--set", "a:=x")]
    [InlineData("say name=text, name:=json", "ticket", "update", "1", "--set", "a")]
    [InlineData("Which queue? Say --queue", "ticket", "create")]
    [InlineData("--output tble: it must be json, table or raw.", "queue", "list", "-o", "tble")]
    [InlineData("--retry-for 1m: it must be a number of seconds", "queue", "list", "--retry-for", "1m")]
    [InlineData("There is no environment 'unstble' in /nonexistent/.config/tickets/profiles.json; it has local.", "queue", "list", "--env", "unstble")]
    [InlineData("'ftp://x' is not an address", "queue", "list", "--host", "ftp://x")]
    [InlineData("/nonexistent/f.json cannot be read", "queue", "put", "/nonexistent/f.json")]
    [InlineData("Unrecognized command or argument 'tickt'", "tickt")]
    public async Task A_wrong_command_says_what_is_wrong_on_error_and_asks_nothing(string expected, params string[] args)
    {
        var run = await CliRun.Async(args);

        Assert.Equal(1, run.Code);
        Assert.Empty(run.Output);
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
    }
}
