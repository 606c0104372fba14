using Npgsql;

namespace Tickets.Core.Oplog;

/// <summary>The change log's partitions: each holds a fixed range of opids, made ahead of the writers and dropped as a whole when old.</summary>
internal static class OplogPartitions
{
    public const long Size = 2_000_000;
    private const int Ahead = 3;

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
}
