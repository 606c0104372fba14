using Npgsql;
using Tickets.Core.Archive;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>Tickets that a group erases.</summary>
internal static class ErasureStatements
{
    /// <summary>After all else that the group writes. The number stays until its nonce has expired: a retry must not make the ticket a second time.</summary>
    public static void Add(NpgsqlBatch batch, GroupDecisions decisions, DateTimeOffset now)
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

    /// <summary>Tells readers not to trust a cold index from before.</summary>
    private static void AddTierMove(NpgsqlBatch batch, QueueSettings queue, long ticketId, DateTimeOffset now) => batch.BatchCommands.Add(Sql.Command(
        $"insert into tier_moves (part, queue, first_id, last_id, revision, at, settled_at, ids) values (0, $1, $2, $2, {TierMove.AnyRevision}, $3, $3, array[$2])",
        Sql.Value(queue.Name),
        Sql.Value(ticketId),
        Sql.Value(now)));
}
