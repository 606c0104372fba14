using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>Rows of tickets and of their blocks that a group makes or changes.</summary>
internal static class TicketStatements
{
    public static void Add(NpgsqlBatch batch, GroupDecisions decisions)
    {
        var made = new List<TicketState>();
        var changed = new Dictionary<int, List<TicketState>>();
        foreach (var ticket in decisions.Tickets.Values)
        {
            var before = decisions.Before(ticket.TicketId);
            if (before is not null && before.Queue.QueueId == ticket.Queue.QueueId)
                Of(changed, ticket.Queue.QueueId).Add(ticket);
            else
                made.Add(ticket);
            if (before is not null && before.Queue.QueueId != ticket.Queue.QueueId)
                AddDeparture(batch, before);
        }

        // New rows may go through the parent table: routing costs little, and one statement serves all queues.
        if (made.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(
                $"""
                insert into tickets ({TicketColumns.All}, queue_id)
                select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[],
                    $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::int[], $22::int[])
                """,
                [.. TicketColumns.Arrays(made), Sql.Array(Columns.Of(made, ticket => ticket.Queue.QueueId))]));
        }

        // Updates name the queue's own partition: through the parent every partition would be planned and locked.
        foreach (var tickets in changed.Values)
        {
            batch.BatchCommands.Add(Sql.Command(
                $"""
                update {tickets[0].Queue.TicketsTable} t
                set (status, resolution, group_name, accepted_by, parent_id, version, created_at, updated_at, closed_at, i1, i2, i3, i4, i5, s1, s2, s3, s4, s5, moving_to)
                  = (u.status, u.resolution, u.group_name, u.accepted_by, u.parent_id, u.version, u.created_at, u.updated_at, u.closed_at, u.i1, u.i2, u.i3, u.i4, u.i5, u.s1, u.s2, u.s3, u.s4, u.s5, u.moving_to)
                from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[],
                    $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::int[]) as u({TicketColumns.All})
                where t.ticket_id = u.ticket_id
                """,
                TicketColumns.Arrays(tickets)));
        }
    }

    /// <summary>The ticket leaves its queue's partitions for another queue's on this shard; its removed blocks' versions go with it.</summary>
    private static void AddDeparture(NpgsqlBatch batch, TicketState before)
    {
        batch.BatchCommands.Add(Sql.Command($"delete from {before.Queue.TicketsTable} where ticket_id = $1", Sql.Value(before.TicketId)));
        batch.BatchCommands.Add(Sql.Command($"delete from {before.Queue.MetaTable} where ticket_id = $1", Sql.Value(before.TicketId)));
    }

    public static void AddBlocks(NpgsqlBatch batch, GroupDecisions decisions)
    {
        var made = new List<(TicketState Ticket, BlockWrite Write)>();
        var changed = new Dictionary<int, List<(TicketState Ticket, BlockWrite Write)>>();
        var moved = new List<TicketState>();
        foreach (var ((ticketId, _), (_, write)) in decisions.Blocks)
        {
            var ticket = decisions.Tickets[ticketId];
            var before = decisions.Before(ticketId);
            if (before is null)
                made.Add((ticket, write));
            else if (before.Queue.QueueId == ticket.Queue.QueueId)
                Of(changed, ticket.Queue.QueueId).Add((ticket, write));
        }

        foreach (var ticket in decisions.Tickets.Values)
        {
            if (decisions.Before(ticket.TicketId) is { } before && before.Queue.QueueId != ticket.Queue.QueueId)
            {
                moved.Add(ticket);
                made.AddRange(ticket.Blocks.Select(block => (ticket, new BlockWrite(block.Key, block.Value.Version, block.Value.Exists ? block.Value.Json : null))));
            }
        }

        if (moved.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(
                """
                update ticket_numbers_used used set queue_id = moved.queue_id, since_version = moved.version
                from unnest($1::bigint[], $2::int[], $3::bigint[]) as moved(ticket_id, queue_id, version) where used.ticket_id = moved.ticket_id
                """,
                Sql.Array(Columns.Of(moved, ticket => ticket.TicketId)),
                Sql.Array(Columns.Of(moved, ticket => ticket.Queue.QueueId)),
                Sql.Array(Columns.Of(moved, ticket => ticket.Version))));
        }

        if (made.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(
                "insert into ticket_meta (queue_id, ticket_id, block, version, data) select * from unnest($1::int[], $2::bigint[], $3::text[], $4::bigint[], $5::json[])",
                [Sql.Array(Columns.Of(made, block => block.Ticket.Queue.QueueId)), .. BlockArrays(made)]));
        }

        foreach (var blocks in changed.Values)
        {
            var queue = blocks[0].Ticket.Queue;
            batch.BatchCommands.Add(Sql.Command(
                $"""
                insert into {queue.MetaTable} (queue_id, ticket_id, block, version, data)
                select {queue.QueueId}, * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::json[])
                on conflict (ticket_id, block) do update set version = excluded.version, data = excluded.data
                """,
                BlockArrays(blocks)));
        }
    }

    private static NpgsqlParameter[] BlockArrays(List<(TicketState Ticket, BlockWrite Write)> blocks) =>
    [
        Sql.Array(Columns.Of(blocks, block => block.Ticket.TicketId)),
        Sql.Array(Columns.Of(blocks, block => (string?)block.Write.Block)),
        Sql.Array(Columns.Of(blocks, block => block.Write.Version)),
        Sql.Json(Columns.Of(blocks, block => block.Write.Json)),
    ];

    private static List<T> Of<T>(Dictionary<int, List<T>> lists, int key) =>
        lists.TryGetValue(key, out var list) ? list : lists[key] = [];
}
