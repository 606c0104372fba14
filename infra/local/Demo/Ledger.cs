using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Tickets.Contracts;

namespace Tickets.Local.Demo;

/// <summary>A ticket as the service's answers left it.</summary>
/// <param name="Report">The row that it was made of; null for a ticket that comes from no row.</param>
internal sealed record Known(string Status, long Version, JsonObject? Report, string? Resolution = null);

/// <summary>
/// Everything that the service has acknowledged, kept apart from it: what searches, reads and the change log answer later is held against this.
/// </summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<string, Known> _tickets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<OpPosition, string> _updates = new();

    public IReadOnlyDictionary<string, Known> Tickets => _tickets;

    /// <summary>Where each update stands in the change log, by the answer that acknowledged it, and its ticket.</summary>
    public IReadOnlyDictionary<OpPosition, string> Updates => _updates;

    public void Created(string ticketId, Known ticket)
    {
        if (!_tickets.TryAdd(ticketId, ticket)) throw new DemoFailedException($"Two creates were answered with ticket {ticketId}.");
    }

    public void Moved(UpdateTicketResponse answer, Move move)
    {
        _tickets[answer.TicketId] = _tickets[answer.TicketId] with { Status = move.To, Version = answer.Version.Ticket, Resolution = move.Resolution };
        if (answer.Op is not { } op) throw new DemoFailedException($"Ticket {answer.TicketId} was moved to '{move.To}', and the answer names no op.");
        if (!_updates.TryAdd(op, answer.TicketId)) throw new DemoFailedException($"Two updates were answered with op {op.Opid} of {op.Shard}.");
    }

    public IReadOnlyList<string> InStatus(string status) => [.. _tickets.Where(ticket => ticket.Value.Status == status).Select(ticket => ticket.Key)];
}
