using System.Text.Json;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing;

/// <summary>Reads a ticket's document from the cold tier as the ticket that it was.</summary>
internal static class ArchivedTicket
{
    /// <summary>The ticket with its next version, as it is to stand in the queue.</summary>
    /// <returns>The problem when the queue's workflow no longer has a status or field that the ticket has.</returns>
    public static Result<MovingTicket> Read(JsonElement document, QueueSettings queue)
    {
        var status = document.GetProperty("status").GetString()!;
        if (!queue.Workflow.Statuses.ContainsKey(status))
            return Problems.Conflict(Contracts.ProblemCodes.TransitionNotAllowed, "The workflow has no such status", $"The ticket was archived with status '{status}', which the workflow of queue '{queue.Name}' does not have.");
        var numbers = new long?[5];
        var texts = new string?[5];
        foreach (var field in document.GetProperty("indexed_meta").EnumerateObject())
        {
            if (!queue.Workflow.Fields.TryGetValue(field.Name, out var slot) || slot.IsText != (field.Value.ValueKind == JsonValueKind.String))
                return Problems.Conflict(Contracts.ProblemCodes.InvalidField, "The workflow has no such field", $"The ticket was archived with the indexed field '{field.Name}', which the workflow of queue '{queue.Name}' does not have in that type.");
            if (slot.IsText)
                texts[slot.Slot - 1] = field.Value.GetString();
            else
                numbers[slot.Slot - 1] = field.Value.GetInt64();
        }

        return new MovingTicket(
            Id(document, "ticket_id")!.Value,
            queue.QueueId,
            status,
            document.GetProperty("resolution").GetString(),
            document.GetProperty("group").GetString(),
            document.GetProperty("accepted_by").GetString(),
            Id(document, "parent_id"),
            document.GetProperty("version").GetInt64() + 1,
            Time(document, "created_at")!.Value,
            Time(document, "updated_at")!.Value,
            Time(document, "closed_at"),
            numbers,
            texts,
            document.GetProperty("meta").EnumerateObject()
                .Select(block => new MovingBlock(block.Name, block.Value.GetProperty("version").GetInt64(), block.Value.GetProperty("data").GetRawText())).ToList());
    }

    private static long? Id(JsonElement document, string member) =>
        document.GetProperty(member).GetString() is { } text && TicketId.TryParse(text, out var id) ? id : null;

    private static DateTimeOffset? Time(JsonElement document, string member) =>
        document.GetProperty(member).GetString() is { } text && Rfc3339.TryParse(text, out var time) ? time : null;
}
