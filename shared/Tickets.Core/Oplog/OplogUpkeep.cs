using Tickets.Core.Platform;

namespace Tickets.Core.Oplog;

/// <summary>Keeps the change log's partitions: made ahead of the writers, dropped when older than the retention.</summary>
public sealed class OplogUpkeep(ShardSet shards, TicketsOptions options, TimeProvider clock)
{
    /// <returns>How many partitions were dropped.</returns>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var dropped = 0;
        foreach (var shard in shards.All)
        {
            await using var connection = await shard.Database.OpenConnectionAsync(cancel);
            await using var turn = await UpkeepTurn.TryTakeAsync(connection, cancel);
            if (turn is null)
                continue;
            await OplogPartitions.MakeAheadAsync(connection);
            dropped += await OplogPartitions.DropOldAsync(connection, clock.GetUtcNow() - options.OplogRetention, cancel);
        }

        return dropped;
    }
}
