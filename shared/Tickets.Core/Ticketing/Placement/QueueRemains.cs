using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Placement;

/// <summary>What a queue leaves on a shard that does not serve it any more: removed a little at a time, so that others are not held up.</summary>
internal static class QueueRemains
{
    private const int TicketsAtOnce = 2000;

    /// <param name="isLeft">Which tickets do not belong on the shard.</param>
    /// <param name="keepNumbers">Until when the shard is to remember at least that their numbers were used.</param>
    public static async Task RemoveAsync(Shard shard, QueueSettings queue, Func<long, bool> isLeft, DateTimeOffset keepNumbers, CancellationToken cancel)
    {
        for (var after = 0L; await NextAsync(shard, queue, after, cancel) is { Length: > 0 } ids; after = ids[^1])
        {
            var left = Array.FindAll(ids, id => isLeft(id));
            await using var connection = await shard.Database.OpenConnectionAsync(cancel);
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(Sql.Command($"delete from {queue.TicketsTable} where ticket_id = any($1)", Sql.Array(left)));
            batch.BatchCommands.Add(Sql.Command($"delete from {queue.MetaTable} where ticket_id = any($1)", Sql.Array(left)));
            // Gone from here since the version with which it is there.
            batch.BatchCommands.Add(Sql.Command(
                "update ticket_numbers_used set gone = true, expires_at = greatest(coalesce(expires_at, $3), $3) where ticket_id = any($1) and queue_id = $2 and not gone",
                Sql.Array(left),
                Sql.Value(queue.QueueId),
                Sql.Value(keepNumbers)));
            await batch.ExecuteNonQueryAsync(cancel);
        }
    }

    private static async Task<long[]> NextAsync(Shard shard, QueueSettings queue, long after, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand(
            $"""
            (select ticket_id from {queue.TicketsTable} where ticket_id > $1 order by ticket_id limit {TicketsAtOnce})
            union (select ticket_id from ticket_numbers_used where ticket_id > $1 and queue_id = $2 and not gone order by ticket_id limit {TicketsAtOnce})
            order by ticket_id limit {TicketsAtOnce}
            """);
        command.Parameters.Add(Sql.Value(after));
        command.Parameters.Add(Sql.Value(queue.QueueId));
        var ids = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetInt64(0));
        return [.. ids];
    }
}
