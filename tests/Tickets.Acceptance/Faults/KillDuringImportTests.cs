using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Tickets.Client;
using Tickets.Client.Import;
using Tickets.Contracts;
using Tickets.Local;

namespace Tickets.Acceptance.Faults;

/// <summary>SIGKILL at any moment costs time, never a ticket.</summary>
public sealed class KillDuringImportTests
{
    private const int Rows = 1_000;
    private const string QueueName = "imports/killed";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // Each when so many rows have been acknowledged; the robots are in the middle of the next ones then.
    private static readonly int[] KillsAt = [100, 400, 700];

    private static readonly ImportMapping Mapping = ImportMapping.Parse(
        """{"queue": "imports/killed", "indexed_meta": {"row": {"column": "row", "type": "int64"}}, "meta": {"note": {"text": {"column": "text"}}}}"""u8);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_acknowledged_ticket_is_lost_and_none_is_doubled()
    {
        await using var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with { WithApp = true }, Cancel);
        var app = stack.Apps[0];
        var retries = 0;
        using var client = new TicketsClient(new()
        {
            Address = app.Address, Key = stack.DevelopmentKey, RetryFor = Patience, AttemptTimeout = TimeSpan.FromSeconds(5), Retrying = _ => Interlocked.Increment(ref retries),
        });
        await DefineQueueAsync(client);

        var acknowledged = new ConcurrentDictionary<long, string>();
        var options = new ImportOptions { Robots = 16, Created = (line, ticketId) => Assert.True(acknowledged.TryAdd(line, ticketId)) };
        var import = new TicketImport(client, Mapping, options).RunAsync(Source(), Cancel);
        foreach (var kill in KillsAt)
        {
            while (acknowledged.Count < kill && !import.IsCompleted) await Task.Delay(5, Cancel);
            Assert.False(import.IsCompleted, "The import was over before the app could be killed.");
            await app.KillAsync();
            app = await stack.StartAppAsync(client.Address.Port, Cancel);
            Assert.Equal(client.Address.Port, app.Address.Port);
        }

        var summary = await import;
        Assert.Null(summary.StoppedBy);
        Assert.Empty(summary.Failures);
        Assert.Equal((Rows, 0L), (summary.Created, summary.Unsettled));
        Assert.True(retries >= KillsAt.Length, $"The robots met {retries} failures: the kills hit nothing.");

        var found = await client.FindAllAsync(new() { Query = new() { Queue = QueueName }, Limit = 1000 }, Cancel).ToListAsync(Cancel);
        // By row and not by id alone: a doubled row would have two ids, of which one was acknowledged.
        Assert.Equal(
            acknowledged.OrderBy(a => a.Key).Select(a => (a.Key, a.Value)),
            found.Select(ticket => (ticket.IndexedMeta!["row"].Number, ticket.TicketId!)).OrderBy(row => row.Item1));

        var ops = await ReadOplogAsync(client);
        Assert.All(ops, op => Assert.Equal("created", op.Kind));
        Assert.Equal(acknowledged.Values.Order(), ops.Select(op => op.TicketId).Order());
        foreach (var shard in ops.GroupBy(op => op.Shard))
            Assert.Equal(Enumerable.Range(1, shard.Count()).Select(opid => (long)opid), shard.Select(op => op.Opid));
    }

    private static async Task DefineQueueAsync(TicketsClient client)
    {
        var workflow = new Workflow
        {
            WorkflowId = "imports/v1",
            Initial = "open",
            Statuses = new Dictionary<string, WorkflowStatus> { ["open"] = new() { To = ["closed"] }, ["closed"] = new() { Terminal = true } },
            IndexedFields = new Dictionary<string, IndexedField> { ["row"] = new("int64", 1) },
        };
        await client.PutWorkflowAsync(workflow, RevisionCondition.Absent, Cancel);
        // On both shards: half of the creates then are two transactions, with a kill between them.
        await client.PutQueueAsync(new Queue { Name = QueueName, WorkflowId = workflow.WorkflowId, Shards = ["hot-0", "hot-1"] }, RevisionCondition.Absent, Cancel);
    }

    private static IAsyncEnumerable<ImportRow> Source() => Enumerable.Range(1, Rows)
        .Select(row => new ImportRow(row, new JsonObject { ["row"] = row.ToString(), ["text"] = $"This is row {row}." }))
        .ToAsyncEnumerable();

    private static async Task<List<Op>> ReadOplogAsync(TicketsClient client)
    {
        List<Op> ops = [];
        string? cursor = null;
        while (true)
        {
            var page = await client.GetOplogAsync(new OplogRequest { Cursor = cursor, MaxOps = 1000 }, Cancel);
            if (page.Ops.Count == 0) return ops;
            ops.AddRange(page.Ops);
            cursor = page.NextCursor;
        }
    }
}
