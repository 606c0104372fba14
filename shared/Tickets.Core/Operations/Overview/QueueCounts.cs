using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Operations.Overview;

/// <summary>A queue's tickets on one shard, counted by status through its index and no further than <see cref="Most"/> each.</summary>
internal sealed record QueueCounts(int QueueId, IReadOnlyDictionary<string, long> Statuses, long Due, DateTimeOffset? OldestClosed)
{
    public const int Most = 100_000;

    public static async Task<IReadOnlyList<QueueCounts>> ReadAsync(Shard shard, IReadOnlyList<QueueSettings> queues, DateTimeOffset now, CancellationToken cancel)
    {
        if (queues.Count == 0)
            return [];
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var queue in queues)
        {
            batch.BatchCommands.Add(Sql.Command(
                $"select s, (select count(*) from (select from {queue.TicketsTable} where status = s limit {Most}) counted) from unnest($1) as s",
                Sql.Array([.. queue.Workflow.Statuses.Keys])));
            batch.BatchCommands.Add(Sql.Command(
                $"select count(*), min(closed_at) from (select closed_at from {queue.TicketsTable} where closed_at <= $1 order by closed_at limit {Most}) due",
                Sql.Value(ClosedBefore(queue, now))));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var counts = new List<QueueCounts>();
        foreach (var queue in queues)
        {
            var statuses = new Dictionary<string, long>(StringComparer.Ordinal);
            while (await reader.ReadAsync(cancel))
                statuses[reader.GetString(0)] = reader.GetInt64(1);
            await reader.NextResultAsync(cancel);
            await reader.ReadAsync(cancel);
            counts.Add(new QueueCounts(queue.QueueId, statuses, reader.GetInt64(0), reader.TimeOrNull(1)));
            await reader.NextResultAsync(cancel);
        }

        return counts;
    }

    /// <summary>The queue over all its shards.</summary>
    public static QueueOverview Sum(QueueSettings queue, IEnumerable<QueueCounts> shards, DateTimeOffset now)
    {
        var (statuses, due, oldest) = (new SortedDictionary<string, long>(StringComparer.Ordinal), 0L, (DateTimeOffset?)null);
        foreach (var shard in shards)
        {
            foreach (var (status, count) in shard.Statuses)
                statuses[status] = statuses.GetValueOrDefault(status) + count;
            due += shard.Due;
            oldest = oldest is null || shard.OldestClosed < oldest ? shard.OldestClosed ?? oldest : oldest;
        }

        return new QueueOverview(queue.Name, queue.Shards, statuses, due, oldest is { } closed ? Math.Round((now - closed - queue.HotRetention).TotalSeconds, 1) : null);
    }

    private static DateTimeOffset ClosedBefore(QueueSettings queue, DateTimeOffset now) => now.UtcTicks > queue.HotRetention.Ticks ? now - queue.HotRetention : DateTimeOffset.MinValue;
}
