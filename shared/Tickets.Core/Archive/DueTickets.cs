using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;

namespace Tickets.Core.Archive;

/// <summary>A ticket whose time in the hot tier is over.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DueTicket(DateOnly Day, long TicketId, long Version);

/// <summary>Reads the due tickets of one queue on one shard: closed, and not changed since the cutoff.</summary>
internal sealed class DueTickets(NpgsqlDataSource shard, ColdQueue queue, DateTime cutoff, HotPace pace)
{
    private const int DocumentsPerQuery = 500;

    /// <summary>
    /// All due tickets in windows of bounded size, longest closed first; within a window by creation day, then id. A ticket that stays hot is not met
    /// again: a run comes to its end.
    /// </summary>
    public async IAsyncEnumerable<DueTicket[]> WindowsAsync(int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (closedAt, ticketId) = (DateTime.UnixEpoch.AddYears(-1000), 0L);
        while (true)
        {
            var window = new List<DueTicket>();
            await using (var command = shard.CreateCommand(
                $"""
                select ticket_id, version, created_at, closed_at from tickets_q{queue.QueueId}
                where closed_at is not null and moving_to is null and closed_at <= $1 and updated_at <= $1 and (closed_at, ticket_id) > ($2, $3)
                order by closed_at, ticket_id limit $4
                """))
            {
                foreach (var value in new object[] { cutoff, closedAt, ticketId, size })
                    command.Parameters.AddWithValue(value);
                await using var rows = await command.ExecuteReaderAsync(cancellationToken);
                while (await rows.ReadAsync(cancellationToken))
                {
                    (ticketId, closedAt) = (rows.GetInt64(0), rows.GetDateTime(3));
                    window.Add(new DueTicket(DateOnly.FromDateTime(rows.GetDateTime(2)), ticketId, rows.GetInt64(1)));
                }
            }

            if (window.Count > 0)
            {
                var sorted = window.ToArray();
                Array.Sort(sorted, static (a, b) => a.Day != b.Day ? a.Day.CompareTo(b.Day) : a.TicketId.CompareTo(b.TicketId));
                yield return sorted;
            }

            if (window.Count < size)
                yield break;
        }
    }

    /// <summary>
    /// The documents of the tickets, in their order, as they are now; those not due any more are left out. A document's memory holds until the next
    /// one is asked for.
    /// </summary>
    public async IAsyncEnumerable<(long TicketId, long Version, ReadOnlyMemory<byte> Json)> DocumentsAsync(
        ReadOnlyMemory<DueTicket> tickets, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var document = new ColdDocument(queue);
        await using var connection = await shard.OpenConnectionAsync(cancellationToken);
        // One statement, so that a ticket and its blocks are of one moment.
        await using var command = new NpgsqlCommand(
            $"""
            select t.ticket_id, t.status, t.resolution, t.group_name, t.accepted_by, t.parent_id, t.version, t.created_at, t.updated_at, t.closed_at,
                   t.i1, t.i2, t.i3, t.i4, t.i5, t.s1, t.s2, t.s3, t.s4, t.s5, m.block, m.version, m.data
            from unnest($1) with ordinality as due (ticket_id, place)
            join tickets_q{queue.QueueId} t on t.ticket_id = due.ticket_id
            left join ticket_meta_q{queue.QueueId} m on m.ticket_id = due.ticket_id and m.data is not null
            where t.closed_at is not null and t.closed_at <= $2 and t.updated_at <= $2 and t.moving_to is null
            order by due.place, m.block
            """, connection);
        var ids = command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = cutoff });
        for (; !tickets.IsEmpty; tickets = tickets[Math.Min(DocumentsPerQuery, tickets.Length)..])
        {
            var start = pace.Begin();
            ids.Value = Ids(tickets.Span[..Math.Min(DocumentsPerQuery, tickets.Length)]);
            await using (var rows = await command.ExecuteReaderAsync(cancellationToken))
            {
                var more = await rows.ReadAsync(cancellationToken);
                while (more)
                {
                    var (ticketId, version) = document.Begin(rows);
                    do
                    {
                        document.AddBlock(rows);
                        more = await rows.ReadAsync(cancellationToken);
                    }
                    while (more && rows.GetInt64(0) == ticketId);
                    yield return (ticketId, version, document.End());
                }
            }

            await pace.BreatheAsync(start, cancellationToken);
        }
    }

    private static long[] Ids(ReadOnlySpan<DueTicket> tickets)
    {
        var ids = new long[tickets.Length];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = tickets[i].TicketId;
        return ids;
    }
}
