using System.Text.Json;
using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Reading;

/// <summary>The one statement that all hot reads share: tickets with the blocks that are wanted, one row a block, in one snapshot.</summary>
internal static class TicketRows
{
    /// <param name="where">Conditions on the queue's partition.</param>
    /// <param name="blocksParameter">The number of the parameter with the single blocks wanted, when there are any.</param>
    public static string Select(QueueSettings queue, Projection projection, string where, int blocksParameter)
    {
        var tickets = $"select {TicketColumns.All} from {queue.TicketsTable} where {where}";
        if (!projection.AnyBlocks)
            return tickets;
        var wanted = projection.AllBlocks ? "" : $" and m.block = any(${blocksParameter})";
        return $"select t.*, m.block, m.version, m.data from ({tickets}) t left join {queue.MetaTable} m on m.ticket_id = t.ticket_id and m.data is not null{wanted} order by t.ticket_id, m.block";
    }

    /// <summary>Reads the rows and writes each ticket where <paramref name="begin"/> says; when that is nowhere, it stops before the ticket.</summary>
    /// <returns>The tickets, without their blocks.</returns>
    public static async Task<List<TicketState>> WriteAsync(NpgsqlDataReader reader, QueueSettings queue, Projection projection, Func<TicketState, Utf8JsonWriter?> begin, CancellationToken cancel)
    {
        var tickets = new List<TicketState>();
        Utf8JsonWriter? writer = null;
        while (await reader.ReadAsync(cancel))
        {
            if (tickets.Count == 0 || tickets[^1].TicketId != reader.GetInt64(0))
            {
                if (writer is not null)
                    TicketJson.End(writer, projection);
                var ticket = TicketColumns.Read(reader, queue);
                writer = begin(ticket);
                if (writer is null)
                    return tickets;
                tickets.Add(ticket);
                TicketJson.Begin(writer, ticket, projection);
            }

            if (projection.AnyBlocks && !reader.IsDBNull(TicketColumns.Count))
                TicketJson.Block(writer!, reader.GetString(TicketColumns.Count), reader.GetInt64(TicketColumns.Count + 1), reader.GetString(TicketColumns.Count + 2));
        }

        if (writer is not null)
            TicketJson.End(writer, projection);
        return tickets;
    }
}
