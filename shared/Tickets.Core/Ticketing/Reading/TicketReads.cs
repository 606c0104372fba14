using System.Buffers;
using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Archive;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Reading;

/// <param name="Json">The ticket as the API answers it.</param>
/// <param name="Version">For the ETag.</param>
/// <param name="StorageRequests">What a cold lookup took; null for a hot ticket.</param>
public sealed record TicketDocument(ReadOnlyMemory<byte> Json, long Version, int? StorageRequests = null);

/// <summary>
/// Reads one ticket by id: hot first, then cold. A ticket on its way is in both tiers, and in hot until it is proven readable in cold,
/// so looking in this order never misses it (T11).
/// </summary>
public sealed class TicketReads(ShardSet shards, SettingsCache settings, TicketLocator locator, Moves moves, ColdTickets cold)
{
    /// <param name="queueName">Null: every queue the caller reaches is tried.</param>
    /// <param name="projection">Null asks for everything.</param>
    public async Task<Result<TicketDocument>> GetAsync(string ticketId, string? queueName, IReadOnlyList<string>? projection, Caller caller, CancellationToken cancel)
    {
        if (!TicketId.TryParse(ticketId, out var id))
            return Problems.InvalidTicketId(ticketId);
        var errors = new List<ProblemError>();
        if (Projection.Parse(projection, "/projection", errors) is not { } wanted)
            return Problems.InvalidParameter("projection", errors[0].Message);

        if (queueName is not null)
        {
            if (!caller.Reaches(queueName))
                return Problems.ForbiddenQueue(queueName);
            if (await settings.FindQueueAsync(queueName, cancel) is not { } named)
                return Problems.QueueNotFound(queueName, "");
            return await ReadHotAsync(named, id, wanted, cancel) ?? await ReadColdAsync([named.Name], id, wanted, cancel) ?? (Result<TicketDocument>)Problems.TicketNotFound(ticketId);
        }

        foreach (var queue in await locator.FindAsync(id, cancel))
        {
            if (caller.Reaches(queue.Name) && await ReadHotAsync(queue, id, wanted, cancel) is { } hot)
                return hot;
        }

        var reached = settings.Current.Queues.Values.Where(candidate => caller.Reaches(candidate.Name)).Select(candidate => candidate.Name).ToList();
        return await ReadColdAsync(reached, id, wanted, cancel) ?? (Result<TicketDocument>)Problems.TicketNotFound(ticketId);
    }

    private async Task<TicketDocument?> ReadHotAsync(QueueSettings queue, long id, Projection projection, CancellationToken cancel)
    {
        await using var command = shards[queue.ShardOf(id)].Database.CreateCommand(TicketRows.Select(queue, projection, "ticket_id = $1", blocksParameter: 2));
        command.Parameters.Add(Sql.Value(id));
        if (projection.Blocks.Count > 0)
            command.Parameters.Add(Sql.Array([.. projection.Blocks]));

        var body = new ArrayBufferWriter<byte>(1024);
        await using var writer = new Utf8JsonWriter(body, TicketJson.Options);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var tickets = await TicketRows.WriteAsync(reader, queue, projection, _ => writer, cancel);
        await writer.FlushAsync(cancel);
        if (tickets.Count == 0 || (tickets[0].MovingTo is { } target && (await moves.ArrivedAsync(target, tickets, cancel)).Count > 0))
            return null;
        return new TicketDocument(body.WrittenMemory, tickets[0].Version);
    }

    private async Task<TicketDocument?> ReadColdAsync(IReadOnlyCollection<string> queues, long id, Projection projection, CancellationToken cancel)
    {
        var lookup = await cold.LookupAsync(queues, id, cancel);
        if (lookup.Json is not { } json)
            return null;

        using var document = JsonDocument.Parse(json);
        var body = new ArrayBufferWriter<byte>(1024);
        await using var writer = new Utf8JsonWriter(body, TicketJson.Options);
        TicketJson.WriteCold(writer, document.RootElement, projection);
        await writer.FlushAsync(cancel);
        return new TicketDocument(body.WrittenMemory, document.RootElement.GetProperty("version"u8).GetInt64(), lookup.StorageRequests);
    }
}
