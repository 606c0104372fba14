using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Search;

/// <summary>Brings the indexes of every queue to what its workflow declares, without stopping anybody: built and dropped concurrently (T15).</summary>
public sealed partial class IndexUpkeep(ShardSet shards, SettingsCache settings, ILogger<IndexUpkeep> logger)
{
    /// <returns>How many indexes were built or dropped.</returns>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var changed = 0;
        foreach (var shard in shards.All)
        {
            await using var connection = await shard.Sessions.OpenConnectionAsync(cancel);
            await using var turn = await UpkeepTurn.TryTakeAsync(connection, Upkeep.Indexes, cancel);
            if (turn is null)
                continue;
            var present = await ReadPresentAsync(connection, cancel);
            foreach (var queue in settings.Current.Queues.Values.Where(queue => queue.Shards.Contains(shard.Name)))
                changed += await TryBringAsync(connection, shard, queue, present, cancel);
        }

        return changed;
    }

    private async Task<int> TryBringAsync(NpgsqlConnection connection, Shard shard, QueueSettings queue, IReadOnlyDictionary<string, bool> present, CancellationToken cancel)
    {
        try
        {
            return await BringAsync(connection, shard, queue, present, cancel);
        }
        catch (PostgresException fault)
        {
            // Its tables may have gone to another shard a moment ago; the other queues' indexes do not wait for it.
            LogFailed(logger, fault, queue.Name, shard.Name);
            return 0;
        }
    }

    private async Task<int> BringAsync(NpgsqlConnection connection, Shard shard, QueueSettings queue, IReadOnlyDictionary<string, bool> present, CancellationToken cancel)
    {
        var changed = 0;
        var wanted = QueueIndexes.Wanted(queue).ToList();
        var prefix = QueueIndexes.Prefix(queue);
        foreach (var (name, valid) in present.Where(index => index.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            // What a build that was cut off left behind is invalid, serves nobody and costs every write.
            if (valid && wanted.Exists(index => index.Name == name))
                continue;
            LogDropping(logger, name, shard.Name);
            await ExecuteAsync(connection, $"drop index concurrently if exists {name}", cancel);
            changed++;
        }

        foreach (var index in wanted.Where(index => !present.GetValueOrDefault(index.Name)))
        {
            LogBuilding(logger, index.Name, shard.Name);
            await ExecuteAsync(connection, $"create index concurrently if not exists {index.Name} on {queue.TicketsTable} ({index.Columns})", cancel);
            changed++;
        }

        return changed;
    }

    /// <summary>Indexes of the queues' partitions, with whether they can be used.</summary>
    private static async Task<Dictionary<string, bool>> ReadPresentAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname like 'tickets\\_q%\\_by\\_%'", connection);
        var present = new Dictionary<string, bool>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            present.Add(reader.GetString(0), reader.GetBoolean(1));
        return present;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }

    [LoggerMessage(600, LogLevel.Information, "Building index {Index} on {Shard}")]
    private static partial void LogBuilding(ILogger logger, string index, string shard);

    [LoggerMessage(601, LogLevel.Information, "Dropping index {Index} on {Shard}: no workflow declares it, or its build was cut off")]
    private static partial void LogDropping(ILogger logger, string index, string shard);

    [LoggerMessage(603, LogLevel.Warning, "The indexes of queue {Queue} on {Shard} could not be brought up to date; trying again in a minute")]
    private static partial void LogFailed(ILogger logger, Exception fault, string queue, string shard);
}
