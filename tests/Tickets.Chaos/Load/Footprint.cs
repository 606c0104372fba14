using Npgsql;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Load;

/// <summary>What a ticket takes up in the hot tier and an op in the change log, with indexes and what updates left behind.</summary>
internal static class Footprint
{
    public static async Task TellAsync(ChaosRun run, Scene scene)
    {
        var (tickets, ticketBytes, ops, opBytes) = (0.0, 0.0, 0.0, 0.0);
        foreach (var shard in scene.Stack.Shards.Values)
        {
            await using var connection = new NpgsqlConnection(shard);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                """
                select (select count(*) from tickets)::float8,
                       (select coalesce(sum(pg_total_relation_size(oid)), 0) from pg_class where relkind = 'r' and (relname like 'tickets\_q%' or relname like 'ticket\_meta\_q%' or relname in ('ticket_numbers_used', 'idempotency_keys')))::float8,
                       (select last_opid from oplog_head)::float8,
                       (select coalesce(sum(pg_total_relation_size(inhrelid)), 0) from pg_inherits where inhparent = 'oplog'::regclass)::float8
                """,
                connection);
            await using var row = await command.ExecuteReaderAsync();
            await row.ReadAsync();
            (tickets, ticketBytes, ops, opBytes) = (tickets + row.GetDouble(0), ticketBytes + row.GetDouble(1), ops + row.GetDouble(2), opBytes + row.GetDouble(3));
        }

        if (tickets > 0)
            run.Sheet.Info("hot_bytes_per_ticket", ticketBytes / tickets, "bytes");
        if (ops > 0)
            run.Sheet.Info("log_bytes_per_op", opBytes / ops, "bytes");
    }
}
