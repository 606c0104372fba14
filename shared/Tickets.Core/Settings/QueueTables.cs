using System.Text;
using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Settings;

/// <summary>A queue's own partitions on a shard, with the keys and indexes that every queue has; the workflow's indexes come with <see cref="QueueIndexes"/>.</summary>
internal static class QueueTables
{
    // Hot tables are small and change all the time: vacuum them by a small share of dead rows rather than PostgreSQL's fifth.
    private const string Storage = "fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05";

    /// <summary>Makes what is missing; harmless to repeat and to run from several processes at once.</summary>
    public static async Task MakeAsync(Shard shard, QueueSettings queue, CancellationToken cancel)
    {
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await ExecuteAsync("select pg_advisory_xact_lock(7243004)");
        // Once there they are left alone: an index made here would stop the queue's writers, so what its workflow adds later is the upkeep's.
        if (!await ExistsAsync())
            await ExecuteAsync(Sql(queue));
        await transaction.CommitAsync(cancel);

        async Task<bool> ExistsAsync()
        {
            await using var command = new NpgsqlCommand($"select count(*) = 2 from pg_inherits where inhrelid in (to_regclass('{queue.TicketsTable}'), to_regclass('{queue.MetaTable}'))", connection, transaction);
            return (bool)(await command.ExecuteScalarAsync(cancel))!;
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    /// <summary>
    /// For writers whom PostgreSQL tells that a queue has no partition. Each session keeps a list of a parent's partitions; one that reads the list while another partition is being attached may
    /// keep it without that one for as long as it lives. Any change of the parent's columns has all sessions read it anew; this one changes nothing and stops nobody.
    /// </summary>
    public static async Task HavePartitionsReadAnewAsync(NpgsqlConnection session)
    {
        await using var batch = new NpgsqlBatch(session);
        foreach (var parent in new[] { "tickets", "ticket_meta" })
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"alter table only {parent} alter column queue_id set statistics -1"));
        await batch.ExecuteNonQueryAsync();
    }

    private static string Sql(QueueSettings queue)
    {
        var (tickets, meta, id) = (queue.TicketsTable, queue.MetaTable, queue.QueueId);
        var sql = new StringBuilder(
            $"""
            create table if not exists {tickets} (like tickets including defaults, check (queue_id = {id}), primary key (ticket_id)) with ({Storage});
            create index if not exists {tickets}_status on {tickets} (status, ticket_id);
            create index if not exists {tickets}_group on {tickets} (group_name, ticket_id) where group_name is not null;
            create index if not exists {tickets}_parent on {tickets} (parent_id, ticket_id) where parent_id is not null;
            create index if not exists {tickets}_closed on {tickets} (closed_at) where closed_at is not null;
            create table if not exists {meta} (like ticket_meta including defaults, check (queue_id = {id}), primary key (ticket_id, block)) with ({Storage});

            """);
        foreach (var index in QueueIndexes.Wanted(queue))
            sql.AppendLine($"create index if not exists {index.Name} on {tickets} ({index.Columns});");
        // Made apart and then attached: attaching needs no lock that stops the writers of other queues, creating in place would.
        foreach (var (partition, parent) in new[] { (tickets, "tickets"), (meta, "ticket_meta") })
        {
            sql.AppendLine(
                $"""
                do $$ begin
                    if not exists (select from pg_inherits where inhrelid = '{partition}'::regclass) then
                        alter table {parent} attach partition {partition} for values in ({id});
                    end if;
                end $$;
                """);
        }

        return sql.ToString();
    }
}
