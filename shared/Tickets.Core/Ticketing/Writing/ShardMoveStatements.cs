using Npgsql;
using Tickets.Core.Archive;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>Tickets of a group that leave for other shards, come from them, or come back from the cold tier.</summary>
internal static class ShardMoveStatements
{
    /// <summary>Departures and arrivals of tickets that change shards. What a ticket once left behind goes before it comes back.</summary>
    public static void Add(NpgsqlBatch batch, GroupDecisions decisions, DateTimeOffset now)
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
    public static void AddAnswers(NpgsqlBatch batch, List<KeptAnswer> answers)
    {
        if (answers.Count == 0)
            return;
        batch.BatchCommands.Add(Sql.Command(
            """
            insert into idempotency_keys (key, content, ticket_id, versions, opid, expires_at, shard)
            select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::json[], $5::bigint[], $6::timestamptz[], $7::text[]) on conflict (key) do nothing
            """,
            Sql.Array(Columns.Of(answers, kept => kept.Key)),
            Sql.Array(Columns.Of(answers, kept => kept.Answer.Content)),
            Sql.Array(Columns.Of(answers, kept => kept.Answer.TicketId)),
            Sql.Json(Columns.Of(answers, kept => (string?)kept.Answer.Versions)),
            Sql.Array(Columns.Of(answers, kept => kept.Answer.Opid)),
            Sql.Times(Columns.Of(answers, kept => kept.ExpiresAt)),
            Sql.Array(Columns.Of(answers, kept => kept.Answer.Shard))));
    }

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
}
