using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>A group's ops in the change log, and the answers of keyed updates, which name them.</summary>
internal static class OpStatements
{
    // Its answer tells how long other writers held the lock: the group waits for nothing else here.
    private const string TakeOpids =
        "update oplog_head set last_opid = last_opid + $2 where epoch = $1 returning last_opid, extract(epoch from clock_timestamp() - statement_timestamp())::float8";

    // Without the epoch there is no opid, and the row is refused.
    private const string WriteOps =
        """
        insert into oplog (opid, at, ticket_id, queue_id, kind, version, status, resolution, diff, trace_parent)
        select (select last_opid from oplog_head where epoch = $1) - $2 + op.ord, $3, op.ticket_id, op.queue_id, op.kind, op.version, op.status, op.resolution, op.diff, op.trace_parent
        from unnest($4::bigint[], $5::int[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::json[], $11::text[])
          with ordinality as op(ticket_id, queue_id, kind, version, status, resolution, diff, trace_parent, ord)
        """;

    public static void Add(NpgsqlBatch batch, GroupDecisions decisions, long epoch, DateTimeOffset now)
    {
        var ops = decisions.Ops;
        if (ops.Count == 0)
            return;
        batch.BatchCommands.Add(Sql.Command(TakeOpids, Sql.Value(epoch), Sql.Value((long)ops.Count)));
        batch.BatchCommands.Add(Sql.Command(
            WriteOps,
            Sql.Value(epoch),
            Sql.Value((long)ops.Count),
            Sql.Value(now),
            Sql.Array(Columns.Of(ops, op => op.TicketId)),
            Sql.Array(Columns.Of(ops, op => op.QueueId)),
            Sql.Array(Columns.Of(ops, op => (string?)op.Kind)),
            Sql.Array(Columns.Of(ops, op => op.Version)),
            Sql.Array(Columns.Of(ops, op => (string?)op.Status)),
            Sql.Array(Columns.Of(ops, op => op.Resolution)),
            Sql.Json(Columns.Of(ops, op => (string?)op.Diff)),
            Sql.Array([.. decisions.Traces])));

        if (decisions.Keys.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(
                """
                insert into idempotency_keys (key, content, ticket_id, versions, opid, expires_at)
                select used.key, used.content, used.ticket_id, used.versions, (select last_opid from oplog_head) - $7 + used.op, used.expires_at
                from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::json[], $5::bigint[], $6::timestamptz[]) as used(key, content, ticket_id, versions, op, expires_at)
                """,
                Sql.Array(Columns.Of(decisions.Keys, key => key.Use.Key)),
                Sql.Array(Columns.Of(decisions.Keys, key => key.Use.Content)),
                Sql.Array(Columns.Of(decisions.Keys, key => key.TicketId)),
                Sql.Json(Columns.Of(decisions.Keys, key => (string?)JsonSerializer.Serialize(key.Versions, TicketsJson.Default.TicketVersions))),
                Sql.Array(Columns.Of(decisions.Keys, key => (long)key.Op)),
                Sql.Times(Columns.Of(decisions.Keys, key => key.Use.ExpiresAt)),
                Sql.Value((long)ops.Count)));
        }
    }
}
