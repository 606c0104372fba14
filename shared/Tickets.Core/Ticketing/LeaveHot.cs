using Npgsql;
using Tickets.Core.Archive;
using Tickets.Core.Oplog;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Placement;

namespace Tickets.Core.Ticketing;

/// <summary>Takes closed tickets out of the hot tier once they are proven readable in cold, with their <c>archived</c> ops, in one transaction.</summary>
internal sealed class LeaveHot(SettingsCache settings, PlacementFence fence, TimeProvider clock, OplogHeads heads)
{
    /// <param name="connection">The session that holds the archiver's lease: without it nothing may leave.</param>
    /// <param name="tickets">With the versions that were copied; a ticket that has changed since stays.</param>
    /// <param name="revision">Of the cold index that lists the parts.</param>
    /// <returns>The tickets that left.</returns>
    public async Task<IReadOnlyList<long>> RemoveAsync(NpgsqlConnection connection, string shard, int queueId, IReadOnlyList<CopiedTicket> tickets, long revision, CancellationToken cancel)
    {
        var queue = settings.Current.QueuesById[queueId];
        var epoch = await fence.ReadEpochAsync(shard, connection, cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var left = await LockAsync(connection, queue, [.. tickets.Where(ticket => fence.Allows(shard, queueId, ticket.TicketId))], cancel);
        if (left.Length == 0)
            return left;

        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(Sql.Command($"delete from {queue.MetaTable} where ticket_id = any($1)", Sql.Array(left)));
        batch.BatchCommands.Add(Sql.Command("delete from ticket_numbers_used where ticket_id = any($1) and since_version is null and (expires_at is null or expires_at < $2)", Sql.Array(left), Sql.Value(clock.GetUtcNow())));
        // What came from elsewhere is remembered for a while: a late second arrival must find that it has been here.
        batch.BatchCommands.Add(Sql.Command(
            $"""
            update ticket_numbers_used used set gone = true, since_version = ticket.version + 1,
                expires_at = case when used.since_version is null then used.expires_at else greatest(coalesce(used.expires_at, $2), $2) end
            from {queue.TicketsTable} ticket where ticket.ticket_id = any($1) and used.ticket_id = ticket.ticket_id
            """,
            Sql.Array(left),
            Sql.Value(clock.GetUtcNow() + Moves.NumberKept)));
        var deleted = tickets[0].Part == CopiedTicket.Nowhere;
        if (!deleted)
            batch.BatchCommands.Add(TierMove(queue, left, tickets, revision));
        // The head comes last, as in every writer: its lock is held to commit, so opids are dense and in commit order.
        batch.BatchCommands.Add(Sql.Command(
            $"""
            with gone as (delete from {queue.TicketsTable} where ticket_id = any($1) returning ticket_id, version, status, resolution),
                 numbered as materialized (select *, row_number() over (order by ticket_id) as ord from gone),
                 head as (update oplog_head set last_opid = last_opid + (select count(*) from numbered) where epoch = $3 returning last_opid)
            insert into oplog (opid, at, ticket_id, queue_id, kind, version, status, resolution, diff)
            select head.last_opid - (select count(*) from numbered) + ord, $2, ticket_id, {queueId}, '{(deleted ? Rules.OpKinds.Deleted : Rules.OpKinds.Archived)}', version, status, resolution, '{EmptyDiff}' from numbered, head
            """,
            Sql.Array(left),
            Sql.Value(clock.GetUtcNow()),
            Sql.Value(epoch)));
        var ops = batch.BatchCommands[^1];
        batch.BatchCommands.Add(Sql.Command("select last_opid from oplog_head"));

        long newest;
        await using (var reader = await batch.ExecuteReaderAsync(cancel))
        {
            while (reader.FieldCount == 0)
                await reader.NextResultAsync(cancel);
            await reader.ReadAsync(cancel);
            newest = reader.GetInt64(0);
        }

        // Under another epoch no op is written: the queue was switched to another shard meanwhile, and its tickets are not ours to remove.
        if (ops.Rows != (ulong)left.Length)
            return [];
        await transaction.CommitAsync(cancel);
        heads[shard].Tell(newest);
        return left;
    }

    /// <summary>Readers who miss the tickets from now on learn where they went.</summary>
    private NpgsqlBatchCommand TierMove(QueueSettings queue, long[] left, IReadOnlyList<CopiedTicket> tickets, long revision)
    {
        var parts = tickets.ToDictionary(ticket => ticket.TicketId, ticket => (long)ticket.Part);
        return Sql.Command(
            """
            insert into tier_moves (part, queue, first_id, last_id, revision, at, ids)
            select part, $3, min(ticket_id), max(ticket_id), $4, $5, array_agg(ticket_id order by ticket_id) from unnest($1::bigint[], $2::bigint[]) as gone(ticket_id, part) group by part
            """,
            Sql.Array(left),
            Sql.Array(Array.ConvertAll(left, id => parts[id])),
            Sql.Value(queue.Name),
            Sql.Value(revision),
            Sql.Value(clock.GetUtcNow()));
    }

    private const string EmptyDiff = """{"set":{}}""";

    private static async Task<long[]> LockAsync(NpgsqlConnection connection, QueueSettings queue, IReadOnlyList<CopiedTicket> tickets, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select t.ticket_id from {queue.TicketsTable} t join unnest($1::bigint[], $2::bigint[]) as copied(ticket_id, version) on t.ticket_id = copied.ticket_id
            where t.version = copied.version and t.closed_at is not null and t.moving_to is null order by t.ticket_id for update of t
            """,
            connection);
        command.Parameters.Add(Sql.Array([.. tickets.Select(ticket => ticket.TicketId)]));
        command.Parameters.Add(Sql.Array([.. tickets.Select(ticket => ticket.Version)]));
        var ids = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetInt64(0));
        return [.. ids];
    }
}
