using System.Collections.Concurrent;
using System.Text.Json;
using Npgsql;
using Tickets.Chaos.Checkers;
using Tickets.Chaos.Histories;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>Writers of the change log: lists of creates, single updates, and transactions that keep everybody waiting.</summary>
internal sealed class ChangesWriters(ChaosRun run, Scene scene, IReadOnlyList<string> queues)
{
    private const int List = 50;

    private readonly ConcurrentBag<Acknowledged> _acknowledged = [];
    private readonly ConcurrentDictionary<string, bool> _undone = new();
    private readonly ConcurrentDictionary<string, long> _lateCommits = new();
    private int _ops;

    public int Ops => Volatile.Read(ref _ops);

    public IReadOnlyCollection<Acknowledged> Acknowledged => _acknowledged;

    /// <summary>Marks of what was rolled back.</summary>
    public IReadOnlySet<string> Undone => _undone.Keys.ToHashSet();

    /// <summary>By mark: when the commit of a late transaction had returned, in the history's microseconds.</summary>
    public IReadOnlyDictionary<string, long> LateCommits => _lateCommits;

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(
        [.. Enumerable.Range(1, 6).Select(writer => Task.Run(() => CreateAsync(writer, stop), CancellationToken.None)),
        .. Enumerable.Range(11, 10).Select(writer => Task.Run(() => UpdateAsync(writer, stop), CancellationToken.None)),
        .. scene.Stack.Shards.Keys.Order(StringComparer.Ordinal).Select((shard, n) => Task.Run(() => CommitLateAsync(shard, 21 + n, stop), CancellationToken.None))]);

    private async Task CreateAsync(int writer, CancellationToken stop)
    {
        using var client = scene.ClientOf(writer);
        var random = new Random(run.SeedOf($"writer {writer}"));
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            var queue = queues[random.Next(queues.Count)];
            var marks = Enumerable.Range(0, List).Select(n => $"{writer}/{turn}/{n}").ToList();
            var items = string.Join(',', marks.Select(mark => $$"""{"create": {"queue": "{{queue}}", "meta": {"mark": "{{mark}}"} } }"""));
            var number = run.History.Begin(writer, "list", queue);
            var begun = run.History.Now;
            var reply = await client.PostAsync("/tickets/bulk", $$"""{"items": [{{items}}]}""");
            run.History.End(number, writer, reply.Outcome, "list", queue, detail: reply.IsOk ? null : reply.ToString());
            if (reply.IsOk)
            {
                foreach (var (mark, result) in marks.Zip(reply.Json.GetProperty("results").EnumerateArray()))
                {
                    if (result.GetProperty("status").GetInt32() == 200)
                        Took(new Acknowledged(null, 0, mark, begun, run.History.Now));
                }
            }
            else
            {
                await Task.Delay(100, CancellationToken.None);
            }
        }
    }

    private async Task UpdateAsync(int writer, CancellationToken stop)
    {
        using var client = scene.ClientOf(writer);
        var queue = queues[writer % queues.Count];
        var id = (await scene.Client.UntilOkAsync("POST", "/tickets", $$"""{"queue": "{{queue}}", "meta": {"mark": "{{writer}}/first"} }""")).Json.GetProperty("ticket_id").GetString();
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            var mark = $"{writer}/{turn}";
            var number = run.History.Begin(writer, "update", id!, mark);
            var begun = run.History.Now;
            var reply = await client.SendAsync("PATCH", $"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"meta.mark": "{{mark}}"} }""");
            run.History.End(number, writer, reply.Outcome, "update", id!, mark, detail: reply.IsOk ? null : reply.ToString());
            if (!reply.IsOk)
                await Task.Delay(100, CancellationToken.None);
            else if (reply.Json.TryGetProperty("op", out var op))
                Took(new Acknowledged(op.GetProperty("shard").GetString(), op.GetProperty("opid").GetInt64(), mark, begun, run.History.Now));
        }
    }

    /// <summary>Takes numbers of the log, waits with them for one to five seconds, and then commits or does not: nobody may be given what comes after them before.</summary>
    private async Task CommitLateAsync(string shard, int writer, CancellationToken stop)
    {
        var random = new Random(run.SeedOf($"late {shard}"));
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            var mark = $"late {shard} {turn}";
            try
            {
                await using var connection = new NpgsqlConnection(scene.Stack.Shards[shard]);
                await connection.OpenAsync(CancellationToken.None);
                await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
                await using var command = new NpgsqlCommand(
                    """
                    with head as (update oplog_head set last_opid = last_opid + 1 returning last_opid)
                    insert into oplog (opid, at, ticket_id, queue_id, kind, version, status, diff)
                    select last_opid, now(), 7, 1, 'updated', 1, 'open', json_build_object('set', json_build_object('meta.mark', $1::text)) from head
                    """,
                    connection,
                    transaction)
                { Parameters = { new() { Value = mark } } };
                await command.ExecuteNonQueryAsync(CancellationToken.None);
                // Known before anybody can see it: a rollback that fails is a rollback too.
                var undo = random.Next(3) == 0;
                if (undo)
                    _undone[mark] = true;
                var number = run.History.Begin(writer, undo ? "hold, roll back" : "hold, commit", shard, mark);
                await Task.Delay(random.Next(1000, run.Options.Bounded ? 2000 : 5000), CancellationToken.None);
                await (undo ? transaction.RollbackAsync(CancellationToken.None) : transaction.CommitAsync(CancellationToken.None));
                if (!undo)
                    _lateCommits[mark] = run.History.Now;
                run.History.End(number, writer, EventKind.Ok, undo ? "hold, roll back" : "hold, commit", shard, mark);
            }
            catch (Exception e) when (e is NpgsqlException or IOException)
            {
                // Killed on the way: whether it was committed the log will tell.
            }

            await Task.Delay(random.Next(1000, 4000), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Took(Acknowledged each)
    {
        _acknowledged.Add(each);
        Interlocked.Increment(ref _ops);
    }
}
