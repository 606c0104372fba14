using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>
/// Lets the tickets of a queue that has come to other shards live on there, from where they were: what a status's steps have done they do not do again.
/// Stopping anywhere is harmless, and so is doing it again.
/// </summary>
public sealed class LifecycleArrival
{
    private const int Bite = 2_000;

    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly TaskHubs _hubs;
    private readonly TimeProvider _clock;

    internal LifecycleArrival(ShardSet shards, SettingsCache settings, TaskHubs hubs, TimeProvider clock) => (_shards, _settings, _hubs, _clock) = (shards, settings, hubs, clock);

    /// <param name="queueName">Served from its new shards, with its rows still on the old ones.</param>
    /// <param name="from">The old ones.</param>
    public async Task RunAsync(string queueName, IReadOnlyList<string> from, CancellationToken cancel)
    {
        if (!_settings.Current.Queues.TryGetValue(queueName, out var queue) || !queue.Workflow.HasLifecycle)
            return;
        foreach (var shard in from)
        {
            for (var last = 0L; await OpenAsync(_shards[shard], queue, last, cancel) is { Count: > 0 } open; last = open[^1])
            {
                var gone = open.Where(id => queue.ShardOf(id) != shard).ToList();
                var lives = await EndAsync(_shards[shard], gone, cancel);
                foreach (var there in gone.GroupBy(queue.ShardOf, StringComparer.Ordinal))
                    await GoOnAsync(_shards[there.Key], queue, [.. there], lives, cancel);
            }
        }

        foreach (var shard in queue.Shards)
            _hubs[shard].Wake();
    }

    private static async Task<List<long>> OpenAsync(Shard shard, QueueSettings queue, long after, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand($"select ticket_id from {queue.TicketsTable} where closed_at is null and ticket_id > $1 order by ticket_id limit {Bite}");
        command.Parameters.Add(Sql.Value(after));
        var ids = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetInt64(0));
        return ids;
    }

    /// <summary>Ends the old shard's orchestrations: a worker that has one of them there loses it.</summary>
    /// <returns>How far they had come, by instance; also of those that a run before this one has ended.</returns>
    private async Task<Dictionary<string, LifecycleState>> EndAsync(Shard shard, List<long> tickets, CancellationToken cancel)
    {
        var ids = tickets.ConvertAll(LifecycleChanges.InstanceOf).ToArray();
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in OrchestrationStatements.Complete(ids, "\"moved\"", _clock.GetUtcNow()))
            batch.BatchCommands.Add(command);
        batch.BatchCommands.Add(Sql.Command("select instance_id, coalesce(custom_status, input) from orchestrations where instance_id = any($1)", Sql.Array(ids)));
        var lives = new Dictionary<string, LifecycleState>(StringComparer.Ordinal);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            lives[reader.GetString(0)] = Payload.To<LifecycleState>(reader.GetString(1))!;
        return lives;
    }

    private async Task GoOnAsync(Shard shard, QueueSettings queue, long[] tickets, Dictionary<string, LifecycleState> lives, CancellationToken cancel)
    {
        var now = _clock.GetUtcNow();
        var starts = new List<OrchestrationStart>();
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using (var find = new NpgsqlCommand($"select ticket_id, status, updated_at, version from {queue.TicketsTable} where ticket_id = any($1) and closed_at is null and moving_to is null", connection))
        {
            find.Parameters.Add(Sql.Array(tickets));
            await using var reader = await find.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                var (instance, status) = (LifecycleChanges.InstanceOf(reader.GetInt64(0)), reader.GetString(1));
                var state = lives.GetValueOrDefault(instance) is { } life && life.Status == status
                    ? life.On(shard.Name)
                    : new LifecycleState(shard.Name, reader.GetInt64(0), status, reader.Time(2), reader.GetInt64(3)) { Workflow = queue.Workflow.Definition.WorkflowId, Home = lives.GetValueOrDefault(instance)?.Home };
                starts.Add(OrchestrationStart.Of(instance, LifecycleChanges.Orchestrator, state));
            }
        }

        // One that has begun to live there by itself meanwhile is left as it is.
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in OrchestrationStatements.Start(starts, now, replaceEnded: true))
            batch.BatchCommands.Add(command);
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancel);
    }
}
