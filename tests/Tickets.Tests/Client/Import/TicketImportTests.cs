using System.Text.Json.Nodes;
using Tickets.Client;
using Tickets.Client.Import;
using Tickets.Contracts;

namespace Tickets.Tests.Client.Import;

public sealed class TicketImportTests : IDisposable
{
    private static readonly ImportMapping Mapping = ImportMapping.Parse("""{"queue": "q", "indexed_meta": {"n": {"column": "n", "type": "int64"}}}"""u8);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_row_becomes_one_ticket_while_the_server_keeps_breaking_connections()
    {
        await using var tickets = await TicketServer.StartAsync();
        var calls = 0;
        tickets.DropBefore = _ => Interlocked.Increment(ref calls) % 7 == 0;
        tickets.DropAfter = _ => Interlocked.Increment(ref calls) % 5 == 0;
        using var client = Clients.For(tickets.Http);

        var summary = await ImportAsync(client, Rows(300));

        Assert.Equal((300, 300, 0, 0), (summary.Rows, summary.Created, summary.Failed, summary.Unsettled));
        Assert.Null(summary.StoppedBy);
        AssertEachOnce(tickets, 300);
    }

    [Fact]
    public async Task Rows_that_are_refused_or_do_not_fit_are_reported_by_line_and_the_others_go_on()
    {
        await using var tickets = await TicketServer.StartAsync();
        tickets.Refuse = body => body.Contains("\"n\":7}", StringComparison.Ordinal) ? ProblemCodes.InvalidField : null;
        using var client = Clients.For(tickets.Http);
        var rows = Rows(20).Select(r => r.Line == 4 ? r with { Values = new JsonObject { ["n"] = "many" } } : r);

        var summary = await ImportAsync(client, rows);

        Assert.Equal((20, 18, 2), (summary.Rows, summary.Created, summary.Failed));
        Assert.Equal([(4L, ImportFailure.InvalidRow), (7L, ProblemCodes.InvalidField)], summary.Failures.Select(f => (f.Line, f.Code)));
        Assert.Contains("column 'n' is 'many', which is not an int64", summary.Failures[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_that_was_interrupted_goes_on_where_it_stopped()
    {
        await using var tickets = await TicketServer.StartAsync();
        tickets.HoldAfter = count => count > 50;
        using var client = Clients.For(tickets.Http);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        var running = ImportAsync(client, Rows(200), interrupt.Token);
        while (tickets.Count <= 50) await Task.Delay(5, Cancel);
        await interrupt.CancelAsync();
        var first = await running;
        tickets.HoldAfter = _ => false;
        var second = await ImportAsync(client, Rows(200));

        Assert.IsAssignableFrom<OperationCanceledException>(first.StoppedBy);
        Assert.True(first.Unsettled > 0, "nothing was in flight");
        Assert.Equal((first.Created, 200 - first.Created), (second.Skipped, second.Created));
        AssertEachOnce(tickets, 200);
    }

    [Fact]
    public async Task A_server_that_stays_away_stops_the_import_and_the_next_run_settles_it()
    {
        await using var tickets = await TicketServer.StartAsync();
        tickets.DropAfter = count => count > 30;
        using (var impatient = Clients.For(tickets.Http, o => o with { RetryFor = TimeSpan.FromMilliseconds(500) }))
        {
            var first = await ImportAsync(impatient, Rows(100));
            Assert.IsType<TicketsUnreachableException>(first.StoppedBy);
            Assert.Equal(0, first.Failed);
        }
        tickets.DropAfter = _ => false;
        using var client = Clients.For(tickets.Http);

        var second = await ImportAsync(client, Rows(100));

        Assert.Equal((100, null), (second.Rows, second.StoppedBy));
        AssertEachOnce(tickets, 100);
    }

    [Fact]
    public async Task A_refused_row_is_tried_again_by_the_next_run_and_a_created_one_is_not()
    {
        await using var tickets = await TicketServer.StartAsync();
        tickets.Refuse = body => body.Contains("\"n\":3}", StringComparison.Ordinal) ? ProblemCodes.InvalidField : null;
        using var client = Clients.For(tickets.Http);

        var first = await ImportAsync(client, Rows(5));
        tickets.Refuse = _ => null;
        var second = await ImportAsync(client, Rows(5));

        Assert.Equal((4, 1), (first.Created, first.Failed));
        Assert.Equal((1, 4), (second.Created, second.Skipped));
        AssertEachOnce(tickets, 5);
    }

    [Fact]
    public async Task A_half_written_last_line_of_the_state_is_as_if_it_was_never_written()
    {
        await using var tickets = await TicketServer.StartAsync();
        using var client = Clients.For(tickets.Http);
        await ImportAsync(client, Rows(5));
        var text = await File.ReadAllTextAsync(_folder.At("state"), Cancel);
        await File.WriteAllTextAsync(_folder.At("state"), text[..^10], Cancel);

        var second = await ImportAsync(client, Rows(5));

        Assert.Equal((4, 1), (second.Skipped, second.Created));
        AssertEachOnce(tickets, 5);
    }

    [Fact]
    public async Task A_file_that_changed_since_the_state_was_written_is_refused_by_its_line()
    {
        await using var tickets = await TicketServer.StartAsync();
        using var client = Clients.For(tickets.Http);
        await ImportAsync(client, Rows(3));

        var e = await Assert.ThrowsAsync<ImportStateException>(() => ImportAsync(client, Rows(3).Select(r => r with { Line = r.Line + 1 })));

        Assert.StartsWith("Line ", e.Message, StringComparison.Ordinal);
        Assert.Equal(3, tickets.Count);
    }

    [Fact]
    public async Task The_state_of_another_server_or_no_state_at_all_is_refused_and_left_as_it_is()
    {
        await using var one = await TicketServer.StartAsync();
        await using var other = await TicketServer.StartAsync();
        using var toOne = Clients.For(one.Http);
        using var toOther = Clients.For(other.Http);
        await ImportAsync(toOne, Rows(3));

        var e = await Assert.ThrowsAsync<ImportStateException>(() => ImportAsync(toOther, Rows(3)));
        Assert.Contains(one.Http.Address.Authority, e.Message, StringComparison.Ordinal);

        _folder.Write("state", "precious data without a line break");
        await Assert.ThrowsAsync<ImportStateException>(() => ImportAsync(toOne, Rows(3)));
        Assert.Equal("precious data without a line break", await File.ReadAllTextAsync(_folder.At("state"), Cancel));
    }

    [Fact]
    public async Task A_wrong_key_stops_the_import_at_once()
    {
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Problem(401, ProblemCodes.Unauthorized));
        using var client = Clients.For(server);

        var summary = await ImportAsync(client, Rows(500));

        Assert.Equal(401, Assert.IsType<TicketsProblemException>(summary.StoppedBy).Status);
        Assert.Equal(0, summary.Failed);
        Assert.InRange(server.Requests.Count, 1, 20);
    }

    private static async IAsyncEnumerable<ImportRow> AsAsync(IEnumerable<ImportRow> rows)
    {
        foreach (var row in rows) yield return row;
        await Task.CompletedTask;
    }

    private static IEnumerable<ImportRow> Rows(int count) =>
        Enumerable.Range(1, count).Select(n => new ImportRow(n, new JsonObject { ["n"] = n.ToString() }));

    private static void AssertEachOnce(TicketServer tickets, int count) =>
        Assert.Equal(Enumerable.Range(1, count).Select(n => (long)n), tickets.Tickets.Select(t => t.IndexedMeta!["n"].Number).Order());

    private Task<ImportSummary> ImportAsync(TicketsClient client, IEnumerable<ImportRow> rows, CancellationToken? cancel = null) =>
        new TicketImport(client, Mapping, new ImportOptions { Robots = 4, StateFile = _folder.At("state") }).RunAsync(AsAsync(rows), cancel ?? Cancel);
}
