using System.Text.Json;
using Npgsql;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Scan;
using Tickets.Core.Oplog;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
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

/// <summary>
/// Takes tickets out of everything that this system keeps: the hot tier, the parts and the blobs that were replaced, the diffs of the change log, the results of
/// scans. What stays is the number, so that a nonce cannot make the ticket again, and ops that say that something happened. Each step is harmless to repeat.
/// </summary>
public sealed class EraseTickets
{
    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly ShardWriters _writers;
    private readonly ColdTickets _cold;
    private readonly ArchiveTools _archive;
    private readonly PartErasure _parts;
    private readonly EraseDiffs _diffs;
    private readonly ResultFiles _results;

    internal EraseTickets(
        ShardSet shards, SettingsCache settings, ShardWriters writers, ColdTickets cold, ArchiveTools archive, PartErasure parts, EraseDiffs diffs, ResultFiles results) =>
        (_shards, _settings, _writers, _cold, _archive, _parts, _diffs, _results) = (shards, settings, writers, cold, archive, parts, diffs, results);

    /// <summary>First step: from the hot tier, with the <c>erased</c> ops. A ticket that is in neither tier gets none.</summary>
    /// <returns>How many there were; a problem when one cannot be written to at present.</returns>
    public async Task<Result<int>> FromHotAsync(EraseRequest request, CancellationToken cancel)
    {
        var queue = _settings.Current.Queues[request.Queue];
        var there = 0;
        foreach (var id in Ids(request))
        {
            var shard = queue.ShardOf(id);
            var (version, status, isHot) = await FindAsync(queue, shard, id, cancel);
            if (!isHot && status.Length == 0)
                continue;
            var written = await _writers[shard].WriteAsync(new EraseTicket(queue, id, version, status), cancel);
            if (written.IsProblem)
                return written.Problem;
            there++;
        }

        return there;
    }

    /// <summary>Second step: the days whose parts may have them. Moves to cold that were under way are waited for, so afterwards nothing new can come.</summary>
    public async Task<IReadOnlyList<DateOnly>> ColdDaysAsync(EraseRequest request, CancellationToken cancel)
    {
        var queue = _settings.Current.Queues[request.Queue];
        foreach (var shard in queue.Shards)
        {
            await using var lease = await ArchiveLease.TryTakeAsync(_shards[shard].Sessions, queue.QueueId, cancel);
            if (lease is null)
                throw new InvalidOperationException($"Queue '{queue.Name}' is being archived on shard '{shard}'; trying again.");
            await new PendingParts(_archive, queue.Name, shard).SettleAsync(cancel);
        }

        return await _parts.DaysAsync(queue.Name, Ids(request), cancel);
    }

    /// <summary>Third step, for each day.</summary>
    public async Task<ErasureTally> FromDayAsync(EraseRequest request, DateOnly day, CancellationToken cancel) =>
        await _parts.EraseAsync(request.Queue, day, Ids(request).ToHashSet(), cancel);

    /// <summary>Fourth step, for each shard: tickets may have been on another one before.</summary>
    public Task<long> FromLogAsync(EraseRequest request, string shard, CancellationToken cancel) => _diffs.RunAsync(shard, Ids(request), cancel);

    /// <summary>Last step.</summary>
    public Task<long> FromResultsAsync(EraseRequest request, CancellationToken cancel) => _results.EraseAsync(Ids(request).ToHashSet(), cancel);

    private async Task<(long Version, string Status, bool IsHot)> FindAsync(QueueSettings queue, string shard, long id, CancellationToken cancel)
    {
        await using var command = _shards[shard].Database.CreateCommand($"select version, status from {queue.TicketsTable} where ticket_id = $1");
        command.Parameters.Add(Sql.Value(id));
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            if (await reader.ReadAsync(cancel))
                return (reader.GetInt64(0), reader.GetString(1), true);
        }

        var cold = await _cold.LookupAsync([queue.Name], [shard], id, cancel);
        if (cold.Json is not { } json)
            return (0, "", false);
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 256 });
        return (document.RootElement.GetProperty("version").GetInt64(), document.RootElement.GetProperty("status").GetString()!, false);
    }

    private static List<long> Ids(EraseRequest request) => request.TicketIds.Select(text => TicketId.TryParse(text, out var id) ? id : 0).Where(id => id > 0).Distinct().Order().ToList();
}
