using System.Buffers;
using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Format;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
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
    private const int MaxLooks = 10;

    // A block stands deeper in its document than in the request that brought it.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2 * JsonBody.MaxDepth };

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
            return await ReadNamedAsync(named, id, wanted, cancel);
        }

        return await ReadWhereverAsync(id, wanted, caller, cancel);
    }

    private async Task<Result<TicketDocument>> ReadNamedAsync(QueueSettings queue, long id, Projection projection, CancellationToken cancel)
    {
        if (await ReadHotAsync(queue, id, projection, cancel) is { } hot)
            return hot;
        for (var attempt = 1; ; attempt++)
        {
            var (archived, crossed) = await ReadColdAsync([queue.Name], queue.Places, id, projection, cancel);
            if (!IsMissing(archived))
                return archived;
            // It may have come back from cold between the two looks, and have gone there again since.
            if (await ReadHotAsync(queue, id, projection, cancel) is { } back)
                return back;
            if (!crossed || attempt == MaxLooks)
                return archived;
        }
    }

    private async Task<Result<TicketDocument>> ReadWhereverAsync(long id, Projection projection, Caller caller, CancellationToken cancel)
    {
        var located = await LocateAsync(id, caller, cancel);
        for (var attempt = 1; ; attempt++)
        {
            foreach (var queue in located)
            {
                if (await ReadHotAsync(queue, id, projection, cancel) is { } hot)
                    return hot;
            }

            // A ticket that was there a moment ago is in another queue or in cold by now. Between two shards it may also be missed on both:
            // asked for on the one before it came, and on the other after it left. So nothing is missing before a second look.
            located = await LocateAsync(id, caller, cancel);
            if (located.Count > 0 && attempt < MaxLooks)
                continue;
            var reached = settings.Current.Queues.Values.Where(candidate => caller.Reaches(candidate.Name)).Select(candidate => candidate.Name).ToList();
            var (archived, crossed) = await ReadColdAsync(reached, shards.All.Select(shard => shard.Name).ToList(), id, projection, cancel);
            if (!IsMissing(archived) || attempt >= MaxLooks)
                return archived;
            // It may have come back from cold between the two looks, and have gone there again since.
            located = await LocateAsync(id, caller, cancel);
            if (located.Count == 0 && !crossed)
                return archived;
        }
    }

    private async Task<List<QueueSettings>> LocateAsync(long id, Caller caller, CancellationToken cancel) =>
        (await locator.FindAsync(id, cancel)).Where(queue => caller.Reaches(queue.Name)).ToList();

    private async Task<TicketDocument?> ReadHotAsync(QueueSettings queue, long id, Projection projection, CancellationToken cancel)
    {
        await using var command = shards[queue.ShardOf(id)].Database.CreateCommand(TicketRows.Select(queue, projection, "ticket_id = $1", blocksParameter: 2));
        command.Parameters.Add(Sql.Value(id));
        if (projection.Blocks.Count > 0)
            command.Parameters.Add(Sql.Array([.. projection.Blocks]));

        var body = new ArrayBufferWriter<byte>(1024);
        await using var writer = new Utf8JsonWriter(body, JsonText.Options);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var tickets = await TicketRows.WriteAsync(reader, queue, projection, _ => writer, cancel);
        await writer.FlushAsync(cancel);
        if (tickets.Count == 0 || (tickets[0].MovingTo is { } target && (await moves.ArrivedAsync(target, tickets, cancel)).Count > 0))
            return null;
        return new TicketDocument(body.WrittenMemory, tickets[0].Version);
    }

    private static bool IsMissing(Result<TicketDocument> archived) => archived.IsProblem && archived.Problem.Code == ProblemCodes.TicketNotFound;

    /// <returns>Also whether the ticket crossed between the tiers lately.</returns>
    private async Task<(Result<TicketDocument> Archived, bool Crossed)> ReadColdAsync(IReadOnlyCollection<string> queues, IReadOnlyCollection<string> shardNames, long id, Projection projection, CancellationToken cancel)
    {
        ColdLookup lookup;
        try
        {
            lookup = await cold.LookupAsync(queues, shardNames, id, cancel);
        }
        catch (DamagedPartException damage)
        {
            return (Problems.ColdPartDamaged(damage.Part), false);
        }
        catch (OfflinePartException offline)
        {
            return (Problems.TicketOffline(TicketId.Format(id), offline.Part), false);
        }

        if (lookup.Json is not { } json)
            return (Problems.TicketNotFound(TicketId.Format(id)), lookup.Crossed);
        using var document = JsonDocument.Parse(json, Deep);
        var body = new ArrayBufferWriter<byte>(1024);
        await using var writer = new Utf8JsonWriter(body, JsonText.Options);
        TicketJson.WriteCold(writer, document.RootElement, projection);
        await writer.FlushAsync(cancel);
        return (new TicketDocument(body.WrittenMemory, document.RootElement.GetProperty("version"u8).GetInt64(), lookup.StorageRequests), lookup.Crossed);
    }
}
