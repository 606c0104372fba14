using System.Text.Json;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Format;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Core.Operations.Restore;

/// <summary>
/// Brings a ticket back from cold to hot. First it is made hot, in one transaction with its <c>restored</c> op and the word that earlier copies do not count any more
/// (<see cref="TierMoves"/>). Then its cold copies are withdrawn, while no archiver can be moving it again. A run that was cut off between the two is ended by the next one
/// before anything else, wherever the ticket went meanwhile: so it is never made hot twice. A ticket that was erased does not come back, whatever was read before.
/// </summary>
public sealed class RestoreTicket
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2 * JsonBody.MaxDepth };
    private readonly SettingsCache _settings;
    private readonly ShardWriters _writers;
    private readonly ColdTickets _cold;
    private readonly TicketReturns _returns;

    internal RestoreTicket(SettingsCache settings, ShardWriters writers, ColdTickets cold, TicketReturns returns) => (_settings, _writers, _cold, _returns) = (settings, writers, cold, returns);

    /// <returns>The version with which the ticket is hot again; or why it cannot come back.</returns>
    /// <exception cref="OfflinePartException">Its part has to be brought back first.</exception>
    public async Task<Result<long>> RunAsync(string queueName, long ticketId, CancellationToken cancel)
    {
        if (await _settings.FindQueueAsync(queueName, cancel) is not { } queue)
            return Problems.QueueNotFound(queueName);
        var shard = queue.ShardOf(ticketId);
        var cutOff = await _returns.FindAsync(queue, shard, ticketId, cancel);
        if (cutOff is not null)
            await _returns.SettleAsync(queue, shard, ticketId, cutOff, cancel);
        // In all places: a queue that has just moved may have been read by older settings.
        var found = await _cold.LookupAsync([queueName], queue.Places, ticketId, cancel);
        if (found.Json is not { } json)
            return cutOff is null ? Problems.TicketNotFound(TicketId.Format(ticketId)) : cutOff.Version;

        using var document = JsonDocument.Parse(json, Deep);
        var ticket = ArchivedTicket.Read(document.RootElement, queue);
        if (ticket.IsProblem)
            return ticket.Problem;
        var returned = await _writers[shard].WriteAsync(new ReturnTicket(queue, ticket.Value), cancel);
        if (returned.IsProblem)
            return returned.Problem;
        await _returns.SettleAsync(queue, shard, ticketId, new UnsettledReturn(ticket.Value.Version, found.Day), cancel);
        return returned.Value.Versions.Ticket;
    }
}
