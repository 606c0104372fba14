using System.Text.Json;

namespace Tickets.Client;

/// <summary>What became of one item of a bulk request.</summary>
/// <param name="Status">The HTTP status that the item would have had alone.</param>
/// <param name="TicketId">The ticket, when the item succeeded.</param>
/// <param name="Code">The problem code, when it did not.</param>
/// <param name="Body">The whole result.</param>
public sealed record BulkResult(int Status, string? TicketId, string? Code, JsonElement Body)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    internal static BulkResult From(JsonElement result) => new(
        result.GetProperty("status").GetInt32(), Text(result, "ticket_id"), Text(result, "code"), result);

    private static string? Text(JsonElement result, string name) => result.TryGetProperty(name, out var value) ? value.GetString() : null;
}
