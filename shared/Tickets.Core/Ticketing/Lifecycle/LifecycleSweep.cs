using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>
/// Compares open tickets with what should be under way for them (<see cref="MissedWork"/>), and mends the difference (L5). Also carries changes of settings to
/// tickets that wait already (L2). One process a shard at a time; stopping anywhere is harmless.
/// </summary>
public sealed class LifecycleSweep
{
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(5);
    private const int Bite = 2_000;

    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly TaskHubs _hubs;
    private readonly TimeProvider _clock;
    private readonly StepNumbers _numbers;
    private readonly ILogger _logger;

    internal LifecycleSweep(ShardSet shards, SettingsCache settings, TaskHubs hubs, StepNumbers numbers, TimeProvider clock, ILogger<LifecycleSweep> logger) =>
        (_shards, _settings, _hubs, _numbers, _clock, _logger) = (shards, settings, hubs, numbers, clock, logger);

    /// <summary>Every minute: what stands in narrow rows, and all that is recorded of tickets that changed lately.</summary>
    public Task<SweepReport> RunAsync(CancellationToken cancel) => RunAsync(SweepDepth.Recent, only: null, cancel);

    /// <summary>All that is recorded of every open ticket: reads two rows for each.</summary>
    public Task<SweepReport> RunThoroughlyAsync(CancellationToken cancel) => RunAsync(SweepDepth.All, only: null, cancel);

    /// <summary>Of one queue.</summary>
    /// <returns>404 when there is none of this name.</returns>
    public async Task<Result<SweepReport>> RunThoroughlyAsync(string queue, CancellationToken cancel) => await _settings.FindQueueAsync(queue, cancel) is null
        ? Problems.NotFound($"There is no queue '{queue}'.")
        : await RunAsync(SweepDepth.All, queue, cancel);

    /// <summary>Only what changed settings ask for; that costs next to nothing when none have.</summary>
    public Task<SweepReport> TellAsync(CancellationToken cancel) => RunAsync(SweepDepth.Existence, only: null, cancel);

    private async Task<SweepReport> RunAsync(SweepDepth depth, string? only, CancellationToken cancel)
    {
        var report = new SweepReport(0, 0, 0, 0, 0);
        foreach (var shard in _shards.All)
            report += await RunAsync(shard, depth, only, cancel);
        return report;
    }

    /// <summary>Forgets the numbers of steps that nobody does again.</summary>
    public Task<long> ForgetAsync(CancellationToken cancel) => _numbers.ForgetAsync(cancel);

    /// <summary>What was missed while no process ran comes before anything else.</summary>
    internal async Task BeforeWorkAsync(string hub, CancellationToken cancel)
    {
        await _settings.Loaded.WaitAsync(cancel);
        if (!_shards.Knows(hub))
            return;
        try
        {
            _logger.SweptAtStart(hub, (await RunAsync(_shards[hub], SweepDepth.Recent, only: null, cancel)).ToString());
        }
        catch (Exception fault) when (ConnectionLoss.Is(fault))
        {
            // The timer tries again each minute, and what is known to be due need not wait for it.
            _logger.SweepFailed(hub, fault);
        }
    }

    private async Task<SweepReport> RunAsync(Shard shard, SweepDepth depth, string? only, CancellationToken cancel)
    {
        await using var connection = await shard.Sessions.OpenConnectionAsync(cancel);
        await using var turn = await UpkeepTurn.TryTakeAsync(connection, Upkeep.Lifecycles, cancel);
        return turn is null ? new SweepReport(0, 0, 0, 0, 0) : await SweepAsync(connection, shard, depth, only, cancel);
    }

    private async Task<SweepReport> SweepAsync(NpgsqlConnection connection, Shard shard, SweepDepth depth, string? only, CancellationToken cancel)
    {
        var report = new SweepReport(0, 0, 0, 0, 0);
        var told = await ToldAsync(connection, cancel);
        foreach (var queue in _settings.Current.Queues.Values.Where(queue => (only is null || queue.Name == only) && IsWhollyOn(queue, shard.Name)).ToList())
        {
            var revision = Math.Max(queue.Workflow.Definition.Revision ?? 0, queue.Definition.Revision ?? 0);
            var isNews = told.GetValueOrDefault(queue.QueueId) < revision;
            // By rules that their orchestrations have not been told of yet, tickets cannot be judged.
            if (queue.Workflow.HasLifecycle && (isNews || depth > SweepDepth.Existence))
                report += await MendAsync(connection, shard, queue, isNews ? SweepDepth.Existence : depth, isNews, cancel);

            if (!isNews)
                continue;
            if (queue.Workflow.HasLifecycle)
                report += new SweepReport(0, 0, await TellAsync(connection, queue, revision, cancel), 0, 0);
            await RememberAsync(connection, queue.QueueId, revision, cancel);
        }

        if (report.Told + report.Repaired + report.Adopted > 0)
            _hubs[shard.Name].Wake();
        return depth == SweepDepth.Existence ? report : report + await LookAsync(connection, cancel);
    }

    /// <summary>All rows that the shard has of the queue are tickets that it serves: none is on its way here, none was left behind.</summary>
    private static bool IsWhollyOn(QueueSettings queue, string shard) => queue.Shards.Contains(shard)
        && (queue.Definition.Moving is not { } move || (move.Phase == QueueMove.Clearing && !move.From.Contains(shard, StringComparer.Ordinal)));

    private async Task<SweepReport> MendAsync(NpgsqlConnection connection, Shard shard, QueueSettings queue, SweepDepth depth, bool isNews, CancellationToken cancel)
    {
        var missed = new Dictionary<Missed, int>();
        var tickets = new SweptTickets(queue, depth);
        for (var last = 0L; await tickets.ReadAsync(connection, last, _clock.GetUtcNow(), cancel) is { Count: > 0 } page; last = page[^1].TicketId)
        {
            foreach (var (what, count) in await new LifecycleRepairs(connection, shard.Name, queue, _clock.GetUtcNow()).RunAsync(page, cancel))
                missed[what] = missed.GetValueOrDefault(what) + count;
            if (page.Count < SweptTickets.Bite)
                break;
        }

        // Tickets whose workflow has only now come to need an orchestration are no loss, nor are those of an earlier version.
        var adopted = missed.GetValueOrDefault(Missed.Upgrade) + (isNews ? missed.GetValueOrDefault(Missed.Life) : 0);
        var repaired = missed.Values.Sum() - adopted;
        if (repaired > 0)
            _logger.SweepRepaired(repaired, queue.Name, string.Join(", ", missed.Where(one => one.Key != Missed.Upgrade).Select(one => $"{one.Key} {one.Value}")));
        return new SweepReport(repaired, adopted, 0, 0, 0);
    }

    private async Task<int> TellAsync(NpgsqlConnection connection, QueueSettings queue, long revision, CancellationToken cancel)
    {
        var told = 0;
        for (var last = 0L; ;)
        {
            await using var find = new NpgsqlCommand($"select ticket_id from {queue.TicketsTable} where closed_at is null and ticket_id > $1 order by ticket_id limit {Bite}", connection);
            find.Parameters.Add(Sql.Value(last));
            var events = new List<OrchestrationEvent>();
            await using (var reader = await find.ExecuteReaderAsync(cancel))
            {
                while (await reader.ReadAsync(cancel))
                    events.Add(OrchestrationEvent.Of(LifecycleChanges.InstanceOf(last = reader.GetInt64(0)), TicketTold.Event, new TicketTold(0, _clock.GetUtcNow(), null, revision)));
            }

            if (events.Count == 0)
                return told;
            await ExecuteAsync(connection, OrchestrationStatements.Raise(events, _clock.GetUtcNow()), cancel);
            told += events.Count;
        }
    }

    private async Task<SweepReport> LookAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            select (select count(*) from orchestration_ready where name = any($2) and due_at < $1 and stalled is null),
                   (select count(*) from orchestration_ready where name = any($2) and stalled = 2)
            """,
            connection);
        command.Parameters.Add(Sql.Value(_clock.GetUtcNow() - Late));
        command.Parameters.Add(Sql.Array([LifecycleChanges.Orchestrator, LifecycleChanges.EarlierOrchestrator]));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new SweepReport(0, 0, 0, reader.GetInt64(0), reader.GetInt64(1));
    }

    private static async Task<Dictionary<int, long>> ToldAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var told = new Dictionary<int, long>();
        await using var command = new NpgsqlCommand("select queue_id, revision from lifecycle_settings", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            told[reader.GetInt32(0)] = reader.GetInt64(1);
        return told;
    }

    private static async Task RememberAsync(NpgsqlConnection connection, int queueId, long revision, CancellationToken cancel) => await ExecuteAsync(
        connection,
        [Sql.Command("insert into lifecycle_settings (queue_id, revision) values ($1, $2) on conflict (queue_id) do update set revision = excluded.revision", Sql.Value(queueId), Sql.Value(revision))],
        cancel);

    private static async Task ExecuteAsync(NpgsqlConnection connection, IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        await batch.ExecuteNonQueryAsync(cancel);
    }
}
