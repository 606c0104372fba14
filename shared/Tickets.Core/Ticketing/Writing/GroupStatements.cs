using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Archive;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>A group's decisions as one batch of set-wise statements, ending with the commit: one round trip.</summary>
internal static class GroupStatements
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

    /// <param name="inTransaction">Whether the transaction was begun by the load.</param>
    public static NpgsqlBatch Write(NpgsqlConnection connection, GroupDecisions decisions, bool inTransaction, long epoch, DateTimeOffset now)
    {
        var batch = new NpgsqlBatch(connection);
        if (!inTransaction)
            batch.BatchCommands.Add(Sql.Command("begin"));
        AddNumbers(batch, decisions);
        AddMoves(batch, decisions, now);
        AddArrivedAnswers(batch, decisions.ArrivedAnswers);
        AddTickets(batch, decisions);
        AddBlocks(batch, decisions);
        AddErasures(batch, decisions, now);
        foreach (var command in decisions.Lifecycle().Commands())
            batch.BatchCommands.Add(command);
        AddOps(batch, decisions, epoch, now);
        batch.BatchCommands.Add(Sql.Command("commit"));
        return batch;
    }

    /// <returns>The opid of the group's first op, and how long the group waited for writers of other processes.</returns>
    /// <exception cref="PostgresException">Nothing was written; the session's transaction has failed.</exception>
    public static async Task<(long FirstOpid, TimeSpan Waited)> ExecuteAsync(NpgsqlBatch batch, int ops)
    {
        await using var reader = await batch.ExecuteReaderAsync();
        var (last, waited) = (0L, 0d);
        do
        {
            while (await reader.ReadAsync())
                (last, waited) = (reader.GetInt64(0), reader.GetDouble(1));
        }
        while (await reader.NextResultAsync());
        return (last - ops + 1, TimeSpan.FromSeconds(waited));
    }

    /// <summary>Where the group leaves a ticket that it makes or takes in: it may have sent it on within the shard already.</summary>
    private static int? QueueOf(GroupDecisions decisions, NumberUse number) => number.QueueId is null ? null : decisions.Tickets[number.TicketId].Queue.QueueId;

    private static void AddNumbers(NpgsqlBatch batch, GroupDecisions decisions)
    {
        if (decisions.Numbers.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(
                "insert into ticket_numbers_used (ticket_id, queue_id, content, expires_at, claimed_for) select * from unnest($1::bigint[], $2::int[], $3::uuid[], $4::timestamptz[], $5::text[])",
                Sql.Array(Column(decisions.Numbers, number => number.TicketId)),
                Sql.Array(Column(decisions.Numbers, number => QueueOf(decisions, number))),
                Sql.Array(Column(decisions.Numbers, number => number.Nonce?.Content)),
                Sql.Times(Column(decisions.Numbers, number => number.Nonce?.ExpiresAt)),
                Sql.Array(Column(decisions.Numbers, number => number.QueueId is null ? number.For : null))));
        }

        if (decisions.ClaimedNumbers.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(
                """
                update ticket_numbers_used used set queue_id = claimed.queue_id, claimed_for = claimed.claimed_for
                from unnest($1::bigint[], $2::int[], $3::text[]) as claimed(ticket_id, queue_id, claimed_for) where used.ticket_id = claimed.ticket_id
                """,
                Sql.Array(Column(decisions.ClaimedNumbers, number => number.TicketId)),
                Sql.Array(Column(decisions.ClaimedNumbers, number => QueueOf(decisions, number))),
                Sql.Array(Column(decisions.ClaimedNumbers, number => (string?)number.For))));
        }
    }

    /// <summary>Departures and arrivals of tickets that change shards. What a ticket once left behind goes before it comes back.</summary>
    private static void AddMoves(NpgsqlBatch batch, GroupDecisions decisions, DateTimeOffset now)
    {
        foreach (var (ticketId, fromQueue, version) in decisions.Finishes)
        {
            // Only while the very departure stands, and only what was known of the ticket before it: a repetition that comes late must not touch one that has come back.
            batch.BatchCommands.Add(Sql.Command(
                $"""
                with done as (delete from departures where ticket_id = $1 and (ticket ->> 'version')::bigint = $2 returning ticket_id),
                     ticket as (delete from {QueueSettings.TicketsTableOf(fromQueue)} where ticket_id in (select ticket_id from done)),
                     blocks as (delete from {QueueSettings.MetaTableOf(fromQueue)} where ticket_id in (select ticket_id from done))
                update ticket_numbers_used set gone = true, since_version = $2, expires_at = greatest(coalesce(expires_at, $3), $3)
                where ticket_id in (select ticket_id from done) and coalesce(since_version, 0) < $2
                """,
                Sql.Value(ticketId),
                Sql.Value(version),
                Sql.Value(now + Moves.NumberKept)));
        }

        foreach (var departure in decisions.Departures)
        {
            batch.BatchCommands.Add(Sql.Command(
                "insert into departures (ticket_id, from_queue, to_queue, ticket, started_at) values ($1, $2, $3, $4, $5)",
                Sql.Value(departure.TicketId),
                Sql.Value(departure.FromQueue),
                Sql.Value(departure.Ticket.QueueId),
                Sql.Json(departure.Ticket.ToJson()),
                Sql.Value(now)));
        }

        foreach (var comer in decisions.Comers)
        {
            var ticket = decisions.Tickets[comer.TicketId];
            // No "on conflict": who saw no row decides anew when another has written one meanwhile.
            batch.BatchCommands.Add(Sql.Command(
                comer.IsKnown
                    ? "update ticket_numbers_used set queue_id = $2, since_version = $3, gone = false where ticket_id = $1"
                    : "insert into ticket_numbers_used (ticket_id, queue_id, since_version) values ($1, $2, $3)",
                Sql.Value(ticket.TicketId),
                Sql.Value(ticket.Queue.QueueId),
                Sql.Value(ticket.Version)));
            if (comer.Returned is { } back)
                AddReturn(batch, back, now);
        }
    }

    /// <summary>What an older stay of the ticket has left here is the same answer.</summary>
    private static void AddArrivedAnswers(NpgsqlBatch batch, List<KeptAnswer> answers)
    {
        if (answers.Count == 0)
            return;
        batch.BatchCommands.Add(Sql.Command(
            """
            insert into idempotency_keys (key, content, ticket_id, versions, opid, expires_at, shard)
            select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::json[], $5::bigint[], $6::timestamptz[], $7::text[]) on conflict (key) do nothing
            """,
            Sql.Array(Column(answers, kept => kept.Key)),
            Sql.Array(Column(answers, kept => kept.Answer.Content)),
            Sql.Array(Column(answers, kept => kept.Answer.TicketId)),
            Sql.Json(Column(answers, kept => (string?)kept.Answer.Versions)),
            Sql.Array(Column(answers, kept => kept.Answer.Opid)),
            Sql.Times(Column(answers, kept => kept.ExpiresAt)),
            Sql.Array(Column(answers, kept => kept.Answer.Shard))));
    }

    /// <summary>Tells readers not to trust a cold index from before.</summary>
    private static void AddTierMove(NpgsqlBatch batch, QueueSettings queue, long ticketId, DateTimeOffset now) => batch.BatchCommands.Add(Sql.Command(
        $"insert into tier_moves (part, queue, first_id, last_id, revision, at, settled_at, ids) values (0, $1, $2, $2, {TierMove.AnyRevision}, $3, $3, array[$2])",
        Sql.Value(queue.Name),
        Sql.Value(ticketId),
        Sql.Value(now)));

    /// <summary>
    /// From this commit on no copy of an earlier version counts: should the ticket leave for another queue before its copies are struck out,
    /// it is not found here, nor brought back a second time.
    /// </summary>
    private static void AddReturn(NpgsqlBatch batch, TicketState back, DateTimeOffset now) => batch.BatchCommands.Add(Sql.Command(
        $"insert into tier_moves (part, queue, first_id, last_id, revision, at, ids, restored, day) values (0, $1, $2, $2, {TierMove.AnyRevision}, $3, array[$2], $4, ($5 at time zone 'utc')::date)",
        Sql.Value(back.Queue.Name),
        Sql.Value(back.TicketId),
        Sql.Value(now),
        Sql.Value(back.Version),
        Sql.Value(back.CreatedAt)));

    /// <summary>After all else that the group writes. The number stays until its nonce has expired: a retry must not make the ticket a second time.</summary>
    private static void AddErasures(NpgsqlBatch batch, GroupDecisions decisions, DateTimeOffset now)
    {
        foreach (var erased in decisions.Erasures)
        {
            batch.BatchCommands.Add(Sql.Command($"delete from {erased.Queue.TicketsTable} where ticket_id = $1", Sql.Value(erased.TicketId)));
            batch.BatchCommands.Add(Sql.Command($"delete from {erased.Queue.MetaTable} where ticket_id = $1", Sql.Value(erased.TicketId)));
            batch.BatchCommands.Add(Sql.Command(
                "update ticket_numbers_used set gone = true, since_version = $3, expires_at = greatest(coalesce(expires_at, $2), $2) where ticket_id = $1",
                Sql.Value(erased.TicketId),
                Sql.Value(now + Moves.NumberKept),
                Sql.Value(erased.Version + 1)));
            AddTierMove(batch, erased.Queue, erased.TicketId, now);
            batch.BatchCommands.Add(ErasedTickets.Put(erased.Queue.QueueId, erased.Operation, [new ErasedTicket(erased.TicketId, erased.Day)]));
        }
    }

    private static void AddTickets(NpgsqlBatch batch, GroupDecisions decisions)
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
                [.. TicketColumns.Arrays(made), Sql.Array(Column(made, ticket => ticket.Queue.QueueId))]));
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

    private static void AddBlocks(NpgsqlBatch batch, GroupDecisions decisions)
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
                Sql.Array(Column(moved, ticket => ticket.TicketId)),
                Sql.Array(Column(moved, ticket => ticket.Queue.QueueId)),
                Sql.Array(Column(moved, ticket => ticket.Version))));
        }

        if (made.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(
                "insert into ticket_meta (queue_id, ticket_id, block, version, data) select * from unnest($1::int[], $2::bigint[], $3::text[], $4::bigint[], $5::json[])",
                [Sql.Array(Column(made, block => block.Ticket.Queue.QueueId)), .. BlockArrays(made)]));
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
        Sql.Array(Column(blocks, block => block.Ticket.TicketId)),
        Sql.Array(Column(blocks, block => (string?)block.Write.Block)),
        Sql.Array(Column(blocks, block => block.Write.Version)),
        Sql.Json(Column(blocks, block => block.Write.Json)),
    ];

    private static void AddOps(NpgsqlBatch batch, GroupDecisions decisions, long epoch, DateTimeOffset now)
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
            Sql.Array(Column(ops, op => op.TicketId)),
            Sql.Array(Column(ops, op => op.QueueId)),
            Sql.Array(Column(ops, op => (string?)op.Kind)),
            Sql.Array(Column(ops, op => op.Version)),
            Sql.Array(Column(ops, op => (string?)op.Status)),
            Sql.Array(Column(ops, op => op.Resolution)),
            Sql.Json(Column(ops, op => (string?)op.Diff)),
            Sql.Array([.. decisions.Traces])));

        if (decisions.Keys.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(
                """
                insert into idempotency_keys (key, content, ticket_id, versions, opid, expires_at)
                select used.key, used.content, used.ticket_id, used.versions, (select last_opid from oplog_head) - $7 + used.op, used.expires_at
                from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::json[], $5::bigint[], $6::timestamptz[]) as used(key, content, ticket_id, versions, op, expires_at)
                """,
                Sql.Array(Column(decisions.Keys, key => key.Use.Key)),
                Sql.Array(Column(decisions.Keys, key => key.Use.Content)),
                Sql.Array(Column(decisions.Keys, key => key.TicketId)),
                Sql.Json(Column(decisions.Keys, key => (string?)JsonSerializer.Serialize(key.Versions, TicketsJson.Default.TicketVersions))),
                Sql.Array(Column(decisions.Keys, key => (long)key.Op)),
                Sql.Times(Column(decisions.Keys, key => key.Use.ExpiresAt)),
                Sql.Value((long)ops.Count)));
        }
    }

    private static T[] Column<TRow, T>(List<TRow> rows, Func<TRow, T> value)
    {
        var column = new T[rows.Count];
        for (var i = 0; i < column.Length; i++)
            column[i] = value(rows[i]);
        return column;
    }

    private static List<T> Of<T>(Dictionary<int, List<T>> lists, int key) =>
        lists.TryGetValue(key, out var list) ? list : lists[key] = [];
}
