using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>
/// Compares the tickets that should have an orchestration with those that have one, and mends the difference (L5). Also carries changes of settings to tickets
/// that wait already (L2). One process a shard at a time; stopping anywhere is harmless.
/// </summary>
public sealed class LifecycleSweep
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(5);
    private const int Bite = 2_000;

    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly TaskHubs _hubs;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal LifecycleSweep(ShardSet shards, SettingsCache settings, TaskHubs hubs, TimeProvider clock, ILogger<LifecycleSweep> logger) =>
        (_shards, _settings, _hubs, _clock, _logger) = (shards, settings, hubs, clock, logger);

    /// <param name="onlySettings">Only what changed settings ask for; that costs next to nothing when none have.</param>
    /// <param name="only">Only this queue.</param>
    public async Task<SweepReport> RunAsync(bool onlySettings, CancellationToken cancel, string? only = null)
    {
        var report = new SweepReport(0, 0, 0, 0, 0);
        foreach (var shard in _shards.All)
            report += await RunAsync(shard, onlySettings, only, cancel);

        if (report.Repaired > 0)
            _logger.SweepRepaired(report.Repaired);
        return report;
    }

    /// <summary>What was missed while no process ran comes before anything else.</summary>
    internal async Task BeforeWorkAsync(string hub, CancellationToken cancel)
    {
        await _settings.Loaded.WaitAsync(cancel);
        if (!_shards.Knows(hub))
            return;
        try
        {
            _logger.SweptAtStart(hub, (await RunAsync(_shards[hub], onlySettings: false, only: null, cancel)).ToString());
        }
        catch (Exception fault) when (ConnectionLoss.Is(fault))
        {
            // The timer tries again each minute, and what is known to be due need not wait for it.
            _logger.SweepFailed(hub, fault);
        }
    }

    private async Task<SweepReport> RunAsync(Shard shard, bool onlySettings, string? only, CancellationToken cancel)
    {
        await using var connection = await shard.Sessions.OpenConnectionAsync(cancel);
        await using var turn = await UpkeepTurn.TryTakeAsync(connection, Upkeep.Lifecycles, cancel);
        return turn is null ? new SweepReport(0, 0, 0, 0, 0) : await SweepAsync(connection, shard, onlySettings, only, cancel);
    }

    private async Task<SweepReport> SweepAsync(NpgsqlConnection connection, Shard shard, bool onlySettings, string? only, CancellationToken cancel)
    {
        var report = new SweepReport(0, 0, 0, 0, 0);
        var told = await ToldAsync(connection, cancel);
        foreach (var queue in _settings.Current.Queues.Values.Where(queue => (only is null || queue.Name == only) && IsWhollyOn(queue, shard.Name)).ToList())
        {
            var revision = Math.Max(queue.Workflow.Definition.Revision ?? 0, queue.Definition.Revision ?? 0);
            var isNews = told.GetValueOrDefault(queue.QueueId) < revision;
            if (queue.Workflow.HasLifecycle && (isNews || !onlySettings))
            {
                var started = await StartMissingAsync(connection, shard, queue, cancel);
                report += isNews ? new SweepReport(0, started, 0, 0, 0) : new SweepReport(started, 0, 0, 0, 0);
            }

            if (!isNews)
                continue;
            if (queue.Workflow.HasLifecycle)
                report += new SweepReport(0, 0, await TellAsync(connection, queue, revision, cancel), 0, 0);
            await RememberAsync(connection, queue.QueueId, revision, cancel);
        }

        if (report.Told + report.Repaired + report.Adopted > 0)
            _hubs[shard.Name].Wake();
        return onlySettings ? report : report + await LookAsync(connection, cancel);
    }

    /// <summary>All rows that the shard has of the queue are tickets that it serves: none is on its way here, none was left behind.</summary>
    private static bool IsWhollyOn(QueueSettings queue, string shard) => queue.Shards.Contains(shard)
        && (queue.Definition.Moving is not { } move || (move.Phase == QueueMove.Clearing && !move.From.Contains(shard, StringComparer.Ordinal)));

    private async Task<int> StartMissingAsync(NpgsqlConnection connection, Shard shard, QueueSettings queue, CancellationToken cancel)
    {
        var started = 0;
        while (true)
        {
            // By primary keys on both sides; a ticket that was just written to may be about to have its orchestration.
            await using var find = new NpgsqlCommand(
                $"""
                select t.ticket_id, t.status, t.updated_at, t.version from {queue.TicketsTable} t
                where t.closed_at is null and t.moving_to is null and t.updated_at < $1
                  and not exists (select 1 from orchestration_ready r where r.instance_id = 'ticket/' || t.ticket_id) limit {Bite}
                """,
                connection);
            find.Parameters.Add(Sql.Value(_clock.GetUtcNow() - Grace));
            var starts = new List<OrchestrationStart>();
            await using (var reader = await find.ExecuteReaderAsync(cancel))
            {
                while (await reader.ReadAsync(cancel))
                {
                    var state = new LifecycleState(shard.Name, reader.GetInt64(0), reader.GetString(1), reader.Time(2), reader.GetInt64(3));
                    starts.Add(OrchestrationStart.Of(LifecycleChanges.InstanceOf(state.TicketId), LifecycleChanges.Orchestrator, state));
                }
            }

            if (starts.Count == 0)
                return started;
            await ExecuteAsync(connection, OrchestrationStatements.Start(starts, _clock.GetUtcNow(), replaceEnded: true), cancel);
            started += starts.Count;
            if (starts.Count < Bite)
                return started;
        }
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
            select (select count(*) from orchestration_ready where name = $2 and due_at < $1 and stalled is null),
                   (select count(*) from orchestration_ready where name = $2 and stalled = 2)
            """,
            connection);
        command.Parameters.Add(Sql.Value(_clock.GetUtcNow() - Late));
        command.Parameters.Add(Sql.Value(LifecycleChanges.Orchestrator));
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
