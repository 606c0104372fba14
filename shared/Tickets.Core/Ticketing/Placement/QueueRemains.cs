using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Placement;

/// <summary>What a queue leaves on a shard that does not serve it any more: removed a little at a time, so that others are not held up.</summary>
internal static class QueueRemains
{
    private const int TicketsAtOnce = 2000;

    /// <param name="isLeft">Which tickets do not belong on the shard.</param>
    /// <param name="keepNumbers">Until when the shard, as the home of their nonces, is to remember their numbers; null forgets those it learned by the copy.</param>
    public static async Task RemoveAsync(Shard shard, QueueSettings queue, Func<long, bool> isLeft, DateTimeOffset? keepNumbers, CancellationToken cancel)
    {
        for (var after = 0L; await NextAsync(shard, queue, after, cancel) is { Length: > 0 } ids; after = ids[^1])
        {
            var left = Array.FindAll(ids, id => isLeft(id));
            await using var connection = await shard.Database.OpenConnectionAsync(cancel);
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(Sql.Command($"delete from {queue.TicketsTable} where ticket_id = any($1)", Sql.Array(left)));
            batch.BatchCommands.Add(Sql.Command($"delete from {queue.MetaTable} where ticket_id = any($1)", Sql.Array(left)));
            // A number that the shard is the home of is as it was before a copy that was given up: claimed, if it was used at all.
            batch.BatchCommands.Add(keepNumbers is { } until
                ? Sql.Command(
                    "update ticket_numbers_used set gone = true, expires_at = greatest(coalesce(expires_at, $3), $3) where ticket_id = any($1) and queue_id = $2",
                    Sql.Array(left),
                    Sql.Value(queue.QueueId),
                    Sql.Value(until))
                : Sql.Command(
                    "update ticket_numbers_used set queue_id = null, gone = false, expires_at = coalesce(expires_at, '-infinity') where ticket_id = any($1) and queue_id = $2",
                    Sql.Array(left),
                    Sql.Value(queue.QueueId)));
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
