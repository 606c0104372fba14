using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <param name="Parts">Parts that were written anew without the tickets.</param>
/// <param name="Blobs">Blobs that were deleted, those that had been replaced before among them.</param>
/// <param name="Complete">False when the day is being moved to or changed under our hands: to be asked again.</param>
/// <param name="Offline">A part that had to be brought back from the archive tier first: to be asked again in some hours.</param>
public sealed record ErasureTally(int Parts, int Blobs, bool Complete, string? Offline);

/// <summary>Takes tickets out of the cold tier: out of the parts that are listed, and out of blobs that are listed no more but not yet deleted.</summary>
public sealed class PartErasure(ColdShards shards, ColdParts parts, Compaction compaction)
{
    /// <summary>The days of a queue whose parts may have one of the tickets.</summary>
    internal async Task<IReadOnlyList<DateOnly>> DaysAsync(string queue, IReadOnlyCollection<long> ticketIds, CancellationToken cancellationToken)
    {
        var known = QueueParts.None.With(1, [.. await shards.ReadChangesAsync(queue, 0, cancellationToken)], withGone: true);
        return ticketIds.SelectMany(id => known.Candidates(id)).Select(part => part.Day).Distinct().Order().ToList();
    }

    /// <summary>Does a day. Harmless to repeat.</summary>
    /// <exception cref="DamagedPartException">A part that may have one of the tickets is damaged or missing.</exception>
    internal async Task<ErasureTally> EraseAsync(string queue, DateOnly day, IReadOnlySet<long> ticketIds, CancellationToken cancellationToken)
    {
        var rewritten = 0;
        foreach (var part in (await shards.ReadDayAsync(queue, day, cancellationToken)).Parts.Where(part => MayHave(part, ticketIds)))
        {
            if (part.Pending is not null)
                return new ErasureTally(rewritten, 0, false, null);
            if (part.Tier == "Archive" && !await IsReadableAsync(queue, day, part, cancellationToken))
                return new ErasureTally(rewritten, 0, false, PartName.Of(queue, day, part.Part));
            if (await HasAnyAsync(PartName.Of(queue, day, part.Part), ticketIds, cancellationToken) is false)
                continue;
            if (await compaction.RewriteAsync(queue, day, [part], ticketIds, cancellationToken) is null)
                return new ErasureTally(rewritten, 0, false, null);
            rewritten++;
        }

        return new ErasureTally(rewritten, await DeleteUnlistedAsync(queue, day, cancellationToken), true, null);
    }

    private static bool MayHave(DayPart part, IReadOnlySet<long> ticketIds) =>
        ticketIds.Any(id => id >= part.MinId && id <= part.MaxId && (part.Ids is null || IdSet.Contains(part.Ids, part.MinId, id)));

    private async Task<bool> HasAnyAsync(string name, IReadOnlySet<long> ticketIds, CancellationToken cancellationToken)
    {
        using var reader = await parts.OpenAsync(name, cancellationToken);
        if (reader is null)
            return true;
        await foreach (var (id, _) in reader.DocumentsAsync(cancellationToken))
        {
            if (ticketIds.Contains(id))
                return true;
        }

        return false;
    }

    /// <summary>Asks the storage account to bring a part back from the archive tier, and tells whether it is there.</summary>
    private async Task<bool> IsReadableAsync(string queue, DateOnly day, DayPart part, CancellationToken cancellationToken)
    {
        var name = PartName.Of(queue, day, part.Part);
        try
        {
            using var probe = await parts.ReadAsync(name, 0, 1, cancellationToken);
            return true;
        }
        catch (OfflinePartException)
        {
            await parts.SetTierAsync(name, "Hot", cancellationToken);
            return false;
        }
    }

    /// <summary>Replaced parts are not kept for their grace here: a reader that still holds one finds it missing and looks at the row again.</summary>
    private async Task<int> DeleteUnlistedAsync(string queue, DateOnly day, CancellationToken cancellationToken)
    {
        var retired = (await shards.ReadDayAsync(queue, day, cancellationToken)).Retired.Select(part => part.Part).ToHashSet(StringComparer.Ordinal);
        foreach (var part in retired)
            await parts.DeleteAsync(PartName.Of(queue, day, part), cancellationToken);
        await shards.CommitAsync(queue, [day], row => row.Forget(retired), cancellationToken);
        return retired.Count;
    }
}
