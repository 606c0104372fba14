using System.Text.Json;
using Npgsql;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Scan;
using Tickets.Core.Operations.Scans;
using Tickets.Core.Oplog;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing;
using Tickets.Core.Ticketing.Lifecycle;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Core.Operations.Erase;

/// <param name="TicketIds">At most 1000.</param>
public sealed record EraseRequest(string Queue, IReadOnlyList<string> TicketIds);

/// <param name="Tickets">Tickets of the queue that were there, hot or cold.</param>
/// <param name="Parts">Cold parts that were written anew without them.</param>
/// <param name="Blobs">Blobs that were deleted.</param>
/// <param name="Ops">Ops of the change log that were emptied.</param>
/// <param name="ResultLines">Lines that were taken out of the results of scans.</param>
public sealed record EraseReport(int Tickets, int Parts, int Blobs, long Ops, long ResultLines)
{
    public static readonly EraseReport Nothing = new(0, 0, 0, 0, 0);

    public static EraseReport operator +(EraseReport a, EraseReport b) =>
        new(a.Tickets + b.Tickets, a.Parts + b.Parts, a.Blobs + b.Blobs, a.Ops + b.Ops, a.ResultLines + b.ResultLines);
}

/// <param name="Tickets">Those that are the queue's, and gone from the hot tier: with them the other steps are concerned, and with no others.</param>
/// <param name="There">How many of them this erasure has found; the others were erased before.</param>
/// <param name="Offline">A part that has to be brought back first before it can be told whether a ticket is the queue's: to be asked again in some hours.</param>
public sealed record HotErasure(IReadOnlyList<ErasedTicket> Tickets, int There, string? Offline = null);

/// <summary>A day of a queue's cold tier.</summary>
public sealed record QueueDay(string Queue, DateOnly Day);

/// <summary>
/// Takes tickets out of everything that this system keeps: the hot tier, the parts of every queue that they were ever in and the blobs that were replaced or left behind, the diffs of the change log, their
/// orchestrations and messages, the results of scans. What stays is the number, so that a nonce cannot make the ticket again nor a return from cold bring it back, and ops that say that something happened. Each step is harmless to repeat.
/// </summary>
public sealed class EraseTickets
{
    private const int QueuesAtOnce = 8;
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2 * JsonBody.MaxDepth };
    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly ShardWriters _writers;
    private readonly ColdTickets _cold;
    private readonly ArchiveTools _archive;
    private readonly PartErasure _parts;
    private readonly EraseDiffs _diffs;
    private readonly EraseLives _lives;
    private readonly ResultFiles _results;
    private readonly ResultFence _fence;

    internal EraseTickets(
        ShardSet shards, SettingsCache settings, ShardWriters writers, ColdTickets cold, ArchiveTools archive, PartErasure parts, EraseDiffs diffs, EraseLives lives, ResultFiles results, ResultFence fence) =>
        (_shards, _settings, _writers, _cold, _archive, _parts, _diffs, _lives, _results, _fence) = (shards, settings, writers, cold, archive, parts, diffs, lives, results, fence);

    /// <summary>First step: from the hot tier, with the <c>erased</c> ops. A ticket that is in neither tier of the queue gets none, and is left alone wherever it is.</summary>
    /// <param name="operation">Whose repetitions find what it has done.</param>
    /// <returns>A problem when one cannot be written to at present.</returns>
    public async Task<Result<HotErasure>> FromHotAsync(EraseRequest request, string operation, CancellationToken cancel)
    {
        if (await _settings.FindQueueAsync(request.Queue, cancel) is not { } queue)
            return Problems.QueueNotFound(request.Queue);
        var (erased, there) = (new List<ErasedTicket>(), 0);
        foreach (var id in Ids(request))
        {
            Found? found;
            try
            {
                found = await FindAsync(queue, id, operation, cancel);
            }
            catch (OfflinePartException offline)
            {
                return new HotErasure(erased, there, offline.Part);
            }

            if (found is null)
                continue;
            var written = await _writers[queue.ShardOf(id)].WriteAsync(new EraseTicket(queue, id, found.Version, found.Status, found.Day, operation), cancel);
            if (written.IsProblem)
                return written.Problem;
            erased.Add(new ErasedTicket(id, found.Day));
            there += found.IsThere ? 1 : 0;
        }

        if (erased.Count == 0)
            return new HotErasure(erased, 0);
        // Wherever the queue goes, or a stale copy lies, nothing brings them back.
        foreach (var shard in _shards.All)
            await ErasedTickets.TellAsync(shard, queue.QueueId, operation, erased, cancel);
        await _settings.RefreshAsync(cancel);
        return erased.Exists(ticket => _settings.Current.Queues[queue.Name].ShardOf(ticket.TicketId) != queue.ShardOf(ticket.TicketId))
            ? throw new InvalidOperationException($"Queue '{queue.Name}' has moved to other shards meanwhile; trying again.")
            : new HotErasure(erased, there);
    }

    /// <summary>Second step: the days, of whatever queue, where copies may lie. Moves to cold that were under way are waited for, so afterwards nothing new can come.</summary>
    public async Task<IReadOnlyList<QueueDay>> ColdDaysAsync(IReadOnlyList<ErasedTicket> tickets, CancellationToken cancel)
    {
        foreach (var shard in _shards.All)
        {
            foreach (var queueId in await ArchiveLease.HeldAsync(shard.Sessions, cancel))
                await (await ArchiveLease.TakeAsync(shard.Sessions, queueId, _archive.Time, cancel)).DisposeAsync();
        }

        var days = tickets.Select(ticket => ticket.Day).ToHashSet();
        var queues = (await _archive.Shards.ReadQueuesAsync(cancel)).Union(_settings.Current.Queues.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var found = await queues.InParallelAsync(QueuesAtOnce, async (queue, end) => (await _parts.DaysAsync(queue, days, end)).Select(day => new QueueDay(queue, day)), cancel);
        return [.. found.SelectMany(each => each)];
    }

    /// <summary>Third step, for each day: while nobody else can be writing parts of the queue anew from what he has read before.</summary>
    public async Task<ErasureTally> FromDayAsync(QueueDay day, IReadOnlyList<ErasedTicket> tickets, CancellationToken cancel)
    {
        await using var upkeep = await ArchiveLease.TakeUpkeepAsync(ColdUpkeep.LeaseOn(_shards), day.Queue, _archive.Time, cancel);
        await using var hold = _settings.Current.Queues.TryGetValue(day.Queue, out var known) ? await HoldAsync(known, cancel) : null;
        if (hold is not null)
            await hold.SettleAsync(cancel);
        return await _parts.EraseAsync(day.Queue, day.Day, tickets.Where(ticket => ticket.Day == day.Day).Select(ticket => ticket.TicketId).ToHashSet(), cancel);
    }

    /// <summary>Fourth step, for each shard: tickets may have been on another one before. With the log go their orchestrations and messages.</summary>
    /// <returns>How many ops were emptied.</returns>
    public async Task<long> FromLogAsync(IReadOnlyList<ErasedTicket> tickets, string shard, CancellationToken cancel)
    {
        var ids = tickets.Select(ticket => ticket.TicketId).ToList();
        await _lives.RunAsync(shard, ids, cancel);
        return await _diffs.RunAsync(shard, ids, cancel);
    }

    /// <summary>Last step: also out of results of scans that have read the tickets before and commit what they found only now.</summary>
    public async Task<long> FromResultsAsync(IReadOnlyList<ErasedTicket> tickets, CancellationToken cancel)
    {
        await _fence.PassAsync(cancel);
        return await _results.EraseAsync(tickets.Select(ticket => ticket.TicketId).ToHashSet(), cancel);
    }

    /// <summary>On the shards of the queue, and on those that it has left while something was pending there.</summary>
    private async Task<ArchiveHold> HoldAsync(QueueSettings queue, CancellationToken cancel)
    {
        var shards = queue.Places.Union(await PendingParts.ShardsAsync(_archive, queue.Name, cancel), StringComparer.Ordinal).Where(_shards.Knows);
        return await ArchiveHold.TakeAsync(_archive, queue.QueueId, queue.Name, shards.Select(shard => _shards[shard]), cancel);
    }

    /// <returns>Null when the queue has no such ticket, nor had one that was erased.</returns>
    private async Task<Found?> FindAsync(QueueSettings queue, long id, string operation, CancellationToken cancel)
    {
        var shard = _shards[queue.ShardOf(id)];
        await using (var command = shard.Database.CreateCommand($"select version, status, created_at from {queue.TicketsTable} where ticket_id = $1"))
        {
            command.Parameters.Add(Sql.Value(id));
            await using var reader = await command.ExecuteReaderAsync(cancel);
            if (await reader.ReadAsync(cancel))
                return new Found(reader.GetInt64(0), reader.GetString(1), DateOnly.FromDateTime(reader.GetDateTime(2)), IsThere: true);
        }

        var before = (await ErasedTickets.ReadAsync(shard, [id], cancel)).GetValueOrDefault(id);
        if (before?.Operation == operation)
            return new Found(0, "", before.Day, IsThere: true);
        var cold = await _cold.LookupAsync([queue.Name], queue.Places, id, cancel);
        if (cold.Json is not { } json)
            return before?.QueueId == queue.QueueId ? new Found(0, "", before.Day, IsThere: false) : null;
        using var document = JsonDocument.Parse(json, Deep);
        return new Found(document.RootElement.GetProperty("version").GetInt64(), document.RootElement.GetProperty("status").GetString()!, cold.Day, IsThere: true);
    }

    private static List<long> Ids(EraseRequest request) => request.TicketIds.Select(text => TicketId.TryParse(text, out var id) ? id : 0).Where(id => id > 0).Distinct().Order().ToList();

    private sealed record Found(long Version, string Status, DateOnly Day, bool IsThere);
}
