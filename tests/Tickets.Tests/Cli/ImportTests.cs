using System.Diagnostics;
using System.Text.Json.Nodes;
using Tickets.Tests.Client;

namespace Tickets.Tests.Cli;

public sealed class ImportTests : IDisposable
{
    private const string Mapping = """{"queue": "q", "indexed_meta": {"n": {"column": "n", "type": "int64"}}}""";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_import_killed_in_the_middle_goes_on_without_duplicates_and_loses_nothing()
    {
        await using var tickets = await TicketServer.StartAsync();
        // Tickets beyond the first hundred are created and never acknowledged: the worst moment for a kill.
        tickets.HoldAfter = count => count > 100;
        string[] command =
        [
            "import", _folder.Write("rows.csv", Csv(500)), "--mapping", _folder.Write("map.json", Mapping),
            "--state", _folder.At("state"), "--robots", "4", "--host", tickets.Http.Address.AbsoluteUri,
        ];

        using (var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "tickets"), command) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!)
        {
            while (tickets.Count < 104)
            {
                Assert.False(process.HasExited, "the import ended before it could be killed");
                await Task.Delay(10, Cancel);
            }
            process.Kill();
            await process.WaitForExitAsync(Cancel);
        }
        tickets.HoldAfter = _ => false;
        var run = await CliRun.Async(command);

        Assert.Equal(0, run.Code);
        var summary = JsonNode.Parse(run.Output)!;
        Assert.Equal((500, 100), ((int)summary["rows"]!, (int)summary["done_before"]!));
        Assert.Equal(Enumerable.Range(1, 500).Select(n => (long)n), tickets.Tickets.Select(t => t.IndexedMeta!["n"].Number).Order());
    }

    [Fact]
    public async Task What_an_export_wrote_is_imported_without_a_mapping()
    {
        await using var tickets = await TicketServer.StartAsync();
        var export = _folder.Write("tickets.ndjson", """
            {"ticket_id":"7","queue":"old","status":"open","resolution":null,"group":"g","accepted_by":null,"parent_id":null,"version":3,"created_at":"2026-01-31T08:30:00.123456Z","updated_at":"2026-01-31T09:00:00.000000Z","closed_at":null,"indexed_meta":{"n":5,"s":"x"},"meta":{"report":{"version":2,"data":{"any":[1,null]}}},"tier":"hot"}
            {"ticket_id":"8","queue":"old","status":"closed","version":1,"created_at":"2026-01-31T08:30:00.000000Z","indexed_meta":{},"meta":{},"tier":"cold"}

            """);

        var run = await CliRun.Async(["import", export, "--queue", "new", "--robots", "1", "--host", tickets.Http.Address.AbsoluteUri]);
        var unsaid = await CliRun.Async(["import", export, "--host", tickets.Http.Address.AbsoluteUri]);

        Assert.Equal((0, 2), (run.Code, (int)JsonNode.Parse(run.Output)!["created"]!));
        var first = tickets.Tickets.Single(ticket => ticket.Status == "open");
        Assert.Equal(("new", "g", DateTimeOffset.Parse("2026-01-31T08:30:00.123456Z", System.Globalization.CultureInfo.InvariantCulture)), (first.Queue, first.Group, first.CreatedAt));
        Assert.Equal((5L, "x"), (first.IndexedMeta!["n"].Number, first.IndexedMeta["s"].Text));
        Assert.Equal("""{"any":[1,null]}""", first.Meta!["report"].GetRawText());
        Assert.Equal(1, unsaid.Code);
        Assert.Contains("Say either --mapping", unsaid.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_do_not_fit_are_shown_with_line_and_column_and_written_to_the_errors_file()
    {
        await using var tickets = await TicketServer.StartAsync();

        var run = await CliRun.Async(
            ["import", _folder.Write("rows.csv", "n\n1\nmany\n3\n"), "-m", _folder.Write("map.json", Mapping), "--errors", _folder.At("errors"), "--host", tickets.Http.Address.AbsoluteUri]);

        Assert.Equal(1, run.Code);
        Assert.Contains("line 3: column 'n' is 'many', which is not an int64 (for indexed_meta.n).", run.Errors, StringComparison.Ordinal);
        Assert.Equal((2, 1), ((int)JsonNode.Parse(run.Output)!["created"]!, (int)JsonNode.Parse(run.Output)!["failed"]!));
        Assert.StartsWith("""{"line":3,"code":"invalid_row","reason":"column 'n'""", await File.ReadAllTextAsync(_folder.At("errors"), Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mapping_that_names_a_column_the_file_lacks_sends_nothing()
    {
        await using var tickets = await TicketServer.StartAsync();

        var run = await CliRun.Async(["import", _folder.Write("rows.csv", "number\n1\n"), "-m", _folder.Write("map.json", Mapping), "--host", tickets.Http.Address.AbsoluteUri]);

        Assert.Equal(1, run.Code);
        Assert.Contains("indexed_meta.n names the column 'n', which the file does not have.", run.Errors, StringComparison.Ordinal);
        Assert.Empty(tickets.Http.Requests);
    }

    [Fact]
    public async Task Ndjson_rows_keep_their_types()
    {
        await using var tickets = await TicketServer.StartAsync();
        var mapping = _folder.Write("map.json", """{"queue": "q", "meta": {"m": {"all": {"column": "a", "type": "json"}}}}""");

        var run = await CliRun.Async(["import", _folder.Write("rows.ndjson", """{"a":{"deep":[1,null,"x"]}}"""), "-m", mapping, "--host", tickets.Http.Address.AbsoluteUri]);

        Assert.Equal(0, run.Code);
        Assert.Equal("""{"all":{"deep":[1,null,"x"]}}""", Assert.Single(tickets.Tickets).Meta!["m"].GetRawText());
    }

    [Theory]
    [InlineData("""{"who":"\ud800"}""")]
    [InlineData("""{"who":"ann","more":{"deep":["\udc00x"]}}""")]
    [InlineData("""{"\ud800":1}""")]
    public async Task A_row_with_half_a_character_is_an_invalid_row_and_the_next_ones_follow(string row)
    {
        await using var tickets = await TicketServer.StartAsync();
        var mapping = _folder.Write("map.json", """{"queue": "q", "meta": {"m": {"who": {"column": "who"}, "more": {"column": "more", "type": "json"}}}}""");

        var run = await CliRun.Async(["import", _folder.Write("rows.ndjson", $"{row}\n{{\"who\":\"bob\"}}\n"), "-m", mapping, "--host", tickets.Http.Address.AbsoluteUri]);

        Assert.Equal(1, run.Code);
        Assert.Matches("line 1: .*surrogate", run.Errors);
        Assert.Equal("""{"who":"bob"}""", Assert.Single(tickets.Tickets).Meta!["m"].GetRawText());
    }

    [Fact]
    public async Task A_json_cell_with_half_a_character_is_an_invalid_row()
    {
        await using var tickets = await TicketServer.StartAsync();
        var mapping = _folder.Write("map.json", """{"queue": "q", "meta": {"m": {"j": {"column": "j", "type": "json"}}}}""");

        var run = await CliRun.Async(["import", _folder.Write("rows.csv", "j\n\"[\"\"\\ud800\"\"]\"\n1\n"), "-m", mapping, "--host", tickets.Http.Address.AbsoluteUri]);

        Assert.Equal(1, run.Code);
        Assert.Contains("without its other half", run.Errors, StringComparison.Ordinal);
        Assert.Single(tickets.Tickets);
    }

    [Fact]
    public async Task An_import_refused_before_it_made_anything_does_not_warn_of_duplicates()
    {
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Problem(401, "unauthorized"));

        var run = await CliRun.Async(["import", _folder.Write("rows.csv", Csv(3)), "-m", _folder.Write("map.json", Mapping), "--host", server.Address.AbsoluteUri]);

        Assert.Equal(5, run.Code);
        Assert.Contains("Stopped: 401", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("again", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_stopped_after_it_made_something_warns_of_duplicates()
    {
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Json("""{"nonces":["a","b"]}"""),
            ScriptedServer.Json("""{"ticket_id":"1","queue":"q","version":{"ticket":1,"meta":{}}}"""),
            ScriptedServer.Problem(401, "unauthorized"));

        var run = await CliRun.Async(["import", _folder.Write("rows.csv", Csv(3)), "-m", _folder.Write("map.json", Mapping), "--robots", "1", "--host", server.Address.AbsoluteUri]);

        Assert.Equal(5, run.Code);
        Assert.Contains("a second run would create these tickets again", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outage_is_told_once_however_many_robots_ask_again()
    {
        await using var tickets = await TicketServer.StartAsync();
        var asked = 0;
        tickets.DropBefore = _ => Interlocked.Increment(ref asked) <= 40;

        var run = await CliRun.Async(["import", _folder.Write("rows.csv", Csv(16)), "-m", _folder.Write("map.json", Mapping), "--robots", "8", "--host", tickets.Http.Address.AbsoluteUri]);

        Assert.Equal(0, run.Code);
        Assert.Single(run.Errors.Split('\n'), line => line.Contains("asking again", StringComparison.Ordinal));
    }

    private static string Csv(int rows) => "n\n" + string.Concat(Enumerable.Range(1, rows).Select(n => $"{n}\n"));
}
