using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>A group's numbers: used by the tickets that it makes, or claimed for tickets on other shards.</summary>
internal static class NumberStatements
{
    /// <summary>Where the group leaves a ticket that it makes or takes in: it may have sent it on within the shard already.</summary>
    private static int? QueueOf(GroupDecisions decisions, NumberUse number) => number.QueueId is null ? null : decisions.Tickets[number.TicketId].Queue.QueueId;

    public static void Add(NpgsqlBatch batch, GroupDecisions decisions)
    {
        if (decisions.Numbers.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(
                "insert into ticket_numbers_used (ticket_id, queue_id, content, expires_at, claimed_for) select * from unnest($1::bigint[], $2::int[], $3::uuid[], $4::timestamptz[], $5::text[])",
                Sql.Array(Columns.Of(decisions.Numbers, number => number.TicketId)),
                Sql.Array(Columns.Of(decisions.Numbers, number => QueueOf(decisions, number))),
                Sql.Array(Columns.Of(decisions.Numbers, number => number.Nonce?.Content)),
                Sql.Times(Columns.Of(decisions.Numbers, number => number.Nonce?.ExpiresAt)),
                Sql.Array(Columns.Of(decisions.Numbers, number => number.QueueId is null ? number.For : null))));
        }

        if (decisions.ClaimedNumbers.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(
                """
                update ticket_numbers_used used set queue_id = claimed.queue_id, claimed_for = claimed.claimed_for
                from unnest($1::bigint[], $2::int[], $3::text[]) as claimed(ticket_id, queue_id, claimed_for) where used.ticket_id = claimed.ticket_id
                """,
                Sql.Array(Columns.Of(decisions.ClaimedNumbers, number => number.TicketId)),
                Sql.Array(Columns.Of(decisions.ClaimedNumbers, number => QueueOf(decisions, number))),
                Sql.Array(Columns.Of(decisions.ClaimedNumbers, number => (string?)number.For))));
        }
    }
}
