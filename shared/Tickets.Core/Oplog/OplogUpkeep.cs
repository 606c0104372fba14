using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Oplog.Relay;
using Tickets.Core.Platform;

namespace Tickets.Core.Oplog;

/// <summary>
/// Keeps the change log's partitions: made ahead of the writers, dropped when older than the retention and published. What is not
/// published is kept longer, loudly, up to the hard limit. That limit holds in time also where a partition takes years to fill: there ops are deleted one by one.
/// </summary>
public sealed class OplogUpkeep(ShardSet shards, TicketsOptions options, TimeProvider clock, ILogger<OplogUpkeep> logger)
{
    /// <returns>How many partitions were dropped.</returns>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var dropped = 0;
        foreach (var shard in shards.All)
        {
            await using var connection = await shard.Sessions.OpenConnectionAsync(cancel);
            await using var turn = await UpkeepTurn.TryTakeAsync(connection, Upkeep.OplogPartitions, cancel);
            if (turn is null)
                continue;
            await OplogPartitions.MakeAheadAsync(connection);
            dropped += await DropOldAsync(shard.Name, connection, cancel);
        }

        return dropped;
    }

    private async Task<int> DropOldAsync(string shard, NpgsqlConnection connection, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (publishedTo, oldest) = await PublishedAsync(connection, cancel);
        if (publishedTo is not null && oldest < now - options.OplogRetention)
            logger.KeptForRelay(shard, oldest.Value + options.OplogHardRetention);
        var dropped = await OplogPartitions.DropOldAsync(connection, now - options.OplogRetention, now - options.OplogHardRetention, publishedTo, cancel);
        if (await OplogPartitions.DeleteOldAsync(connection, now - options.OplogHardRetention, cancel) is > 0 and var deleted)
            logger.OpsDeleted(shard, deleted);
        return dropped;
    }

    /// <summary>Up to where the relay has published, and the time of the first op after that; nothing when no relay has ever run here.</summary>
    private static async Task<(long? PublishedTo, DateTimeOffset? Oldest)> PublishedAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select opid, (select at from oplog where oplog.opid > f.opid order by opid limit 1) from oplog_followers f where follower = $1", connection);
        command.Parameters.Add(Sql.Value(ShardRelay.Follower));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetInt64(0), reader.TimeOrNull(1)) : (null, null);
    }
}
