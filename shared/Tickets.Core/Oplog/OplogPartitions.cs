using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Oplog;

/// <summary>The change log's partitions: each holds a fixed range of opids, made ahead of the writers and dropped as a whole when old.</summary>
internal static class OplogPartitions
{
    public const long Size = 2_000_000;
    private const int Ahead = 3;
    private const int DeletedAtOnce = 5_000;

    /// <summary>Makes the partitions that the next opids will need; harmless when they are there and when several processes try.</summary>
    public static async Task MakeAheadAsync(NpgsqlConnection connection)
    {
        await using var read = new NpgsqlCommand("select last_opid from oplog_head", connection);
        var next = (long)(await read.ExecuteScalarAsync())! / Size;
        for (var number = next; number <= next + Ahead; number++)
        {
            var name = $"oplog_p{number}";
            await using var exists = new NpgsqlCommand($"select exists (select from pg_inherits where inhparent = 'oplog'::regclass and inhrelid = to_regclass('{name}'))", connection);
            if ((bool)(await exists.ExecuteScalarAsync())!)
                continue;
            // Made apart and then attached: attaching an empty, checked table does not stop the writers, creating a partition in place would.
            await using var make = new NpgsqlCommand(
                $"""
                begin;
                select pg_advisory_xact_lock(7243003);
                create table if not exists {name} (like oplog including defaults, check (opid >= {number * Size} and opid < {(number + 1) * Size}), primary key (opid));
                do $$ begin
                    if not exists (select from pg_inherits where inhrelid = '{name}'::regclass) then
                        alter table oplog attach partition {name} for values from ({number * Size}) to ({(number + 1) * Size});
                    end if;
                end $$;
                commit
                """,
                connection);
            await make.ExecuteNonQueryAsync();
        }
    }

    /// <summary>
    /// Drops partitions whose newest op is older than <paramref name="before"/> and published, and those whose newest is older than
    /// <paramref name="whatever"/>; never the one being written.
    /// </summary>
    /// <param name="publishedTo">The last op that is published; null when nothing publishes this log.</param>
    /// <returns>How many were dropped.</returns>
    public static async Task<int> DropOldAsync(NpgsqlConnection connection, DateTimeOffset before, DateTimeOffset whatever, long? publishedTo, CancellationToken cancel)
    {
        var dropped = 0;
        foreach (var number in await FullPartitionsAsync(connection, cancel))
        {
            var name = $"oplog_p{number}";
            if (await NewestAsync(connection, name, cancel) is var (opid, at) && (at >= before || (opid > publishedTo && at >= whatever)))
                break;
            // Concurrently: readers and writers of the log go on. What a crash leaves half detached is finished by the next run.
            if (await DetachmentAsync(connection, name, cancel) is { } pending)
                await ExecuteAsync(connection, $"alter table oplog detach partition {name} {(pending ? "finalize" : "concurrently")}", cancel);
            await ExecuteAsync(connection, $"drop table {name}", cancel);
            dropped++;
        }

        return dropped;
    }

    /// <summary>
    /// Deletes the oldest ops, some thousands at a time, as far as they are older than <paramref name="whatever"/>: a partition that is not full, since little is written to it, is not dropped for years.
    /// Only ever from the beginning of the log on, so readers see it as trimmed and never as a gap.
    /// </summary>
    /// <returns>How many ops.</returns>
    public static async Task<long> DeleteOldAsync(NpgsqlConnection connection, DateTimeOffset whatever, CancellationToken cancel)
    {
        for (var deleted = 0L; ;)
        {
            await using var command = new NpgsqlCommand(
                $"""
                with oldest as (select opid, at from oplog order by opid limit {DeletedAtOnce}),
                     stays as (select coalesce((select min(opid) from oldest where at >= $1), (select max(opid) + 1 from oldest)) as opid)
                delete from oplog using stays where oplog.opid >= (select min(opid) from oldest) and oplog.opid < stays.opid
                """,
                connection);
            command.Parameters.Add(Sql.Value(whatever));
            var some = await command.ExecuteNonQueryAsync(cancel);
            deleted += some;
            if (some < DeletedAtOnce)
                return deleted;
        }
    }

    private static async Task<(long Opid, DateTimeOffset At)?> NewestAsync(NpgsqlConnection connection, string partition, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand($"select opid, at from {partition} order by opid desc limit 1", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1)) : null;
    }

    /// <summary>Partitions that lie wholly below the head, oldest first.</summary>
    private static async Task<List<long>> FullPartitionsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            $"select substring(relname from 8)::bigint as number from pg_class, oplog_head where relname ~ '^oplog_p[0-9]+$' and relkind = 'r' and substring(relname from 8)::bigint < last_opid / {Size} order by number",
            connection);
        var numbers = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            numbers.Add(reader.GetInt64(0));
        return numbers;
    }

    /// <returns>Whether the partition's detachment has begun; null when it is detached.</returns>
    private static async Task<bool?> DetachmentAsync(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand($"select inhdetachpending from pg_inherits where inhrelid = '{name}'::regclass", connection);
        return (bool?)await command.ExecuteScalarAsync(cancel);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }
}
