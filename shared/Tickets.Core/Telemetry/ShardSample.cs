using System.Globalization;
using System.Text;
using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Telemetry;

/// <summary>One shard's part of a <see cref="Backlog"/>, in two round trips; every count is bounded, so that a large shard costs no more than a small one.</summary>
internal sealed record ShardSample(ShardBacklog Shard, IReadOnlyList<QueueTickets> Queues, IReadOnlyList<QueueBacklog> Archive)
{
    private const int Most = 10_000;

    private const string Head = "select last_opid from oplog_head";

    private const string Followers = "select follower, (select last_opid from oplog_head) - opid from oplog_followers";

    // A table that was never analysed has reltuples -1 and is small, or was filled a moment ago.
    private const string Sizes =
        """
        select c.relname::text, c.reltuples::bigint, s.status, s.share
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        left join lateral (
            select unnest(most_common_vals::text::text[]) as status, unnest(most_common_freqs)::float8 as share
            from pg_stats where tablename = c.relname and schemaname = current_schema() and attname = 'status') s on true
        where i.inhparent = 'tickets'::regclass
        """;

    public static async Task<ShardSample> TakeAsync(Shard shard, QueueSettings[] queues, CancellationToken cancel)
    {
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in new[] { Head, Followers, Sizes })
            batch.BatchCommands.Add(Sql.Command(sql));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var head = reader.GetInt64(0);
        await reader.NextResultAsync(cancel);
        var followers = new List<FollowerLag>();
        while (await reader.ReadAsync(cancel))
            followers.Add(new FollowerLag(reader.GetString(0), Math.Max(0, reader.GetInt64(1))));
        await reader.NextResultAsync(cancel);
        var sizes = new List<(string Table, long Rows, string? Status, double Share)>();
        while (await reader.ReadAsync(cancel))
            sizes.Add((reader.GetString(0), reader.GetInt64(1), reader.TextOrNull(2), reader.IsDBNull(3) ? 0 : reader.GetDouble(3)));
        await reader.CloseAsync();

        var (tickets, archive) = await CountAsync(connection, queues, sizes.ToLookup(size => size.Table, StringComparer.Ordinal), cancel);
        return new ShardSample(new ShardBacklog(shard.Name, head, followers), tickets, archive);
    }

    private static async Task<(List<QueueTickets> Tickets, List<QueueBacklog> Archive)> CountAsync(
        NpgsqlConnection connection, QueueSettings[] queues, ILookup<string, (string Table, long Rows, string? Status, double Share)> sizes, CancellationToken cancel)
    {
        var (tickets, archive, sql) = (new List<QueueTickets>(), new List<QueueBacklog>(), new StringBuilder());
        // A queue that was made a moment ago has its tables when it is first used.
        foreach (var queue in queues.Where(queue => sizes.Contains(queue.TicketsTable)))
        {
            var rows = sizes[queue.TicketsTable].First().Rows;
            if (rows >= Most)
                tickets.AddRange(sizes[queue.TicketsTable].Where(size => size.Status is not null).Select(size => new QueueTickets(queue.Name, size.Status!, (long)(size.Share * rows))));
            else
                sql.Append(CultureInfo.InvariantCulture, $"select {queue.QueueId}, status, count(*) from (select status from {queue.TicketsTable} limit {Most}) t group by status union all ");
            sql.Append(CultureInfo.InvariantCulture, $"select {queue.QueueId}, null, count(*) from (select from {queue.TicketsTable} where closed_at < now() - interval '{(long)queue.HotRetention.TotalSeconds} seconds' limit {Most}) t union all ");
        }

        if (sql.Length == 0)
            return (tickets, archive);
        var names = queues.ToDictionary(queue => queue.QueueId, queue => queue.Name);
        sql.Length -= " union all ".Length;
        // Not prepared: the text changes with the queues.
        await using var command = new NpgsqlCommand(sql.ToString(), connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var queue = names[reader.GetInt32(0)];
            if (reader.TextOrNull(1) is { } status)
                tickets.Add(new QueueTickets(queue, status, reader.GetInt64(2)));
            else
                archive.Add(new QueueBacklog(queue, reader.GetInt64(2)));
        }

        return (tickets, archive);
    }
}
