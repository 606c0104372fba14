using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Contracts;

namespace Tickets.Client.Import;

/// <summary>A row that is a ticket as reads answer it, as the request for another one like it.</summary>
internal static class TicketRow
{
    public static (CreateTicketRequest? Request, string? Fault) Map(ImportMapping mapping, JsonObject values)
    {
        try
        {
            var ticket = values.Deserialize(TicketsJson.Default.Ticket)!;
            return (new CreateTicketRequest
            {
                Queue = mapping.Queue,
                Status = ticket.Status,
                Group = ticket.Group,
                CreatedAt = mapping.TakesTimes ? ticket.CreatedAt : null,
                IndexedMeta = ticket.IndexedMeta is { Count: > 0 } fields ? fields : null,
                Meta = ticket.Meta is { Count: > 0 } blocks ? blocks.ToDictionary(block => block.Key, block => block.Value.Data, StringComparer.Ordinal) : null,
            }, null);
        }
        catch (JsonException)
        {
            return (null, "The row is not a ticket as an export writes it; other rows need a --mapping.");
        }
    }
}
