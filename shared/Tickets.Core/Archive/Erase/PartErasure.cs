using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <param name="Parts">Parts that were written anew without the tickets.</param>
/// <param name="Blobs">Blobs that were deleted: those that had been replaced before, or that no row lists, among them.</param>
/// <param name="Complete">False when the day is being moved to or changed under our hands: to be asked again.</param>
/// <param name="Offline">A part that had to be brought back from the archive tier first: to be asked again in some hours.</param>
public sealed record ErasureTally(int Parts, int Blobs, bool Complete, string? Offline);

/// <summary>Takes tickets out of one day of a queue's cold tier: out of the parts that are listed, and out of blobs that are listed no more, or never were.</summary>
public sealed class PartErasure(ColdShards shards, ColdParts parts, Compaction compaction)
{
    // Beyond so many days one listing of all the queue's blobs is cheaper than one a day.
    private const int DaysToListEach = 8;

    /// <summary>Those of the days of which the queue has a row or a blob.</summary>
    internal async Task<IReadOnlyList<DateOnly>> DaysAsync(string queue, IReadOnlySet<DateOnly> days, CancellationToken cancellationToken)
    {
        var found = (await shards.ReadDaysAsync(queue, days.Min(), days.Max(), cancellationToken)).Select(row => row.Day).Where(days.Contains).ToHashSet();
        var prefixes = days.Count > DaysToListEach ? [$"{QueueKey.Escape(queue)}/"] : days.Except(found).Select(day => PartName.Prefix(queue, day)).ToList();
        foreach (var prefix in prefixes)
        {
            await foreach (var blob in parts.ListAsync(prefix, cancellationToken))
            {
                if (PartName.TryParse(blob.Name, out var day, out _) && days.Contains(day))
                    found.Add(day);
            }
        }

        return found.Order().ToList();
    }

    /// <summary>Does a day. Harmless to repeat. While it runs, nobody else may write parts of the queue anew: what another has read before could still be written after.</summary>
    /// <exception cref="DamagedPartException">A part that may have one of the tickets is damaged or missing.</exception>
    internal async Task<ErasureTally> EraseAsync(string queue, DateOnly day, IReadOnlySet<long> ticketIds, CancellationToken cancellationToken)
    {
        var rewritten = 0;
        foreach (var part in (await shards.ReadDayAsync(queue, day, cancellationToken)).Parts.Where(part => MayHave(part, ticketIds)))
        {
            if (part.Pending is not null)
                return new ErasureTally(rewritten, 0, false, null);
            var name = PartName.Of(queue, day, part.Part);
            if (part.Tier == "Archive" && !await IsReadableAsync(name, cancellationToken))
                return new ErasureTally(rewritten, 0, false, name);
            if (!await PartContent.HasAnyAsync(parts, name, part, ticketIds, cancellationToken))
                continue;
            if (await compaction.RewriteAsync(queue, day, [part], ticketIds, cancellationToken) is null)
                return new ErasureTally(rewritten, 0, false, null);
            rewritten++;
        }

        return new ErasureTally(rewritten, await DeleteUnlistedAsync(queue, day, ticketIds, cancellationToken), true, null);
    }

    private static bool MayHave(DayPart part, IReadOnlySet<long> ticketIds) =>
        ticketIds.Any(id => id >= part.MinId && id <= part.MaxId && (part.Ids is null || IdSet.Contains(part.Ids, part.MinId, id)));

    /// <summary>Asks the storage account to bring a part back from the archive tier, and tells whether it is there.</summary>
    private async Task<bool> IsReadableAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            using var probe = await parts.ReadAsync(name, 0, 1, cancellationToken);
            return true;
        }
        catch (OfflinePartException)
        {
            await parts.TrySetTierAsync(name, "Hot", cancellationToken);
            return false;
        }
    }

    /// <summary>
    /// Replaced parts are not kept for their grace here: a reader that still holds one finds it missing and looks at the row again. What no row lists (a run that was killed left it) is retired first,
    /// so that nobody can list it any more.
    /// </summary>
    private async Task<int> DeleteUnlistedAsync(string queue, DateOnly day, IReadOnlySet<long> ticketIds, CancellationToken cancellationToken)
    {
        var orphans = await OrphansAsync(queue, day, ticketIds, cancellationToken);
        var retired = new HashSet<string>(StringComparer.Ordinal);
        await shards.CommitAsync(
            queue,
            [day],
            row =>
            {
                var changed = orphans.Where(part => row.Find(part) is null).Aggregate(row, (d, part) => d.Retire(part, at: 0));
                retired = changed.Retired.Select(part => part.Part).ToHashSet(StringComparer.Ordinal);
                return changed;
            },
            cancellationToken);
        foreach (var part in retired)
            await parts.DeleteAsync(PartName.Of(queue, day, part), cancellationToken);
        await shards.CommitAsync(queue, [day], row => row.Forget(retired), cancellationToken);
        return retired.Count;
    }

    /// <summary>Blobs with one of the tickets that no row lists; one that cannot be looked into counts as such.</summary>
    private async Task<List<string>> OrphansAsync(string queue, DateOnly day, IReadOnlySet<long> ticketIds, CancellationToken cancellationToken)
    {
        var row = await shards.ReadDayAsync(queue, day, cancellationToken);
        var orphans = new List<string>();
        await foreach (var blob in parts.ListAsync(PartName.Prefix(queue, day), cancellationToken))
        {
            if (PartName.TryParse(blob.Name, out _, out var part) && row.Find(part) is null && !row.IsRetired(part) && await MayHoldAsync(blob, part))
                orphans.Add(part);
        }

        return orphans;

        async Task<bool> MayHoldAsync(StoredPart blob, string part)
        {
            if (PartMetadata.Read(blob, part) is not { } told)
                return true;
            try
            {
                return MayHave(told, ticketIds) && await PartContent.HasAnyAsync(parts, blob.Name, told, ticketIds, cancellationToken);
            }
            catch (Exception fault) when (fault is DamagedPartException or OfflinePartException)
            {
                return true;
            }
        }
    }
}
