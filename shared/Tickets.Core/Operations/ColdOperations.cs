using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Operations.Erase;
using Tickets.Core.Operations.Restore;
using Tickets.Core.Operations.Scans;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Reading;

namespace Tickets.Core.Operations;

/// <summary>Starts the long operations on cold tickets, having checked all that can be checked at once.</summary>
public sealed class ColdOperations(LongOperations operations, SettingsCache settings, TicketReads reads, TimeProvider clock)
{
    private const int MaxTicketsToErase = 1_000;

    /// <summary>Body: <c>{"query": as in a search, "from"?, "to"?, "projection"?}</c>.</summary>
    public async Task<Result<Operation>> ScanAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        var request = await ScanRequest.ReadAsync(body, settings, caller, clock, cancel);
        return request.IsProblem ? request.Problem : await operations.StartAsync(OperationKind.Scan, request.Value.Queue, new ScanInput(request.Value), caller, cancel);
    }

    /// <summary>Body: <c>{"queue"}</c>.</summary>
    public async Task<Result<Operation>> RestoreAsync(string ticketId, JsonElement body, Caller caller, CancellationToken cancel)
    {
        if (!TicketId.TryParse(ticketId, out _))
            return Problems.InvalidTicketId(ticketId);
        var queue = await QueueRequest.ReadAsync(body, [], settings, caller, cancel);
        if (queue.IsProblem)
            return queue.Problem;
        var ticket = await reads.GetAsync(ticketId, queue.Value.Name, ["ticket_id", "tier"], caller, cancel);
        if (ticket.IsProblem && ticket.Problem.Code != ProblemCodes.TicketOffline)
            return ticket.Problem;
        if (!ticket.IsProblem && ticket.Value.StorageRequests is null)
            return Problems.TicketHot(ticketId);
        return await operations.StartAsync(OperationKind.Restore, queue.Value.Name, new RestoreRequest(queue.Value.Name, ticketId), caller, cancel);
    }

    /// <summary>Body: <c>{"queue", "ticket_ids": […]}</c>, at most 1000. Ids that no ticket of the queue has are passed over.</summary>
    public async Task<Result<Operation>> EraseAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        var errors = new List<ProblemError>();
        var ids = new ObjectReader(body, "", errors).Texts("ticket_ids", MaxTicketsToErase, maxBytes: 20);
        for (var i = 0; i < (ids?.Count ?? 0); i++)
        {
            if (!TicketId.TryParse(ids![i], out _))
                errors.Add(new ProblemError($"/ticket_ids/{i}", "This is not a ticket id: a positive whole number in decimal digits."));
        }

        if (errors.Count == 0 && ids is null or { Count: 0 })
            errors.Add(new ProblemError("/ticket_ids", $"This member is required: 1 to {MaxTicketsToErase} ticket ids."));
        var queue = await QueueRequest.ReadAsync(body, ["ticket_ids"], settings, caller, cancel, errors);
        if (queue.IsProblem)
            return queue.Problem;
        return await operations.StartAsync(OperationKind.Erase, queue.Value.Name, new EraseRequest(queue.Value.Name, ids!), caller, cancel);
    }

    /// <summary>Body: <c>{"queue"}</c>.</summary>
    public async Task<Result<Operation>> RebuildIndexAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        var queue = await QueueRequest.ReadAsync(body, [], settings, caller, cancel);
        return queue.IsProblem ? queue.Problem : await operations.StartAsync(OperationKind.RebuildIndex, queue.Value.Name, new RebuildRequest(queue.Value.Name), caller, cancel);
    }
}
