using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>
/// Deletes blobs that are no part of the data any more: parts that were replaced, once no reader can hold them, and blobs that a cut-off run left and no row lists.
/// The order keeps this safe against everything that may happen at the same time: a part is first retired in its day's row, where it can never be listed again; then its blob
/// goes; then the entry. An archiver that slept through all of that finds its part unreadable before it has removed anything from hot.
/// </summary>
public sealed class ColdSweep(ColdShards shards, ColdParts parts, ArchiveOptions options, TimeProvider time)
{
    /// <summary>Deletes the blobs of parts that were retired long enough ago.</summary>
    /// <returns>How many blobs.</returns>
    public async Task<int> DeleteRetiredAsync(string queue, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var before = (now - options.RetiredGrace).ToUnixTimeSeconds();
        var deleted = 0;
        foreach (var day in await shards.ReadDaysWithRetiredAsync(queue, cancellationToken))
        {
            var due = day.Retired.Where(part => part.At <= before).Select(part => part.Part).ToHashSet(StringComparer.Ordinal);
            if (due.Count == 0)
                continue;
            foreach (var part in due)
                await parts.DeleteAsync(PartName.Of(queue, day.Day, part), cancellationToken);
            await shards.CommitAsync(queue, [day.Day], current => current.Forget(due), cancellationToken);
            deleted += due.Count;
        }

        return deleted;
    }

    /// <summary>Retires blobs that no row lists a good while after they were written; the next <see cref="DeleteRetiredAsync"/> after the grace deletes them.</summary>
    /// <returns>How many blobs.</returns>
    public async Task<int> RetireOrphansAsync(string queue, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var orphans = new List<(DateOnly Day, string Part)>();
        var days = (await shards.ReadChangesAsync(queue, 0, cancellationToken)).ToDictionary(day => day.Day);
        await foreach (var blob in parts.ListAsync($"{QueueKey.Escape(queue)}/", cancellationToken))
        {
            if (now - blob.WrittenAt >= options.OrphanAge && PartName.TryParse(blob.Name, out var day, out var part)
                && !(days.GetValueOrDefault(day) is { } row && (row.Find(part) is not null || row.IsRetired(part))))
                orphans.Add((day, part));
        }

        var retired = 0;
        foreach (var day in orphans.GroupBy(orphan => orphan.Day))
        {
            var at = now.ToUnixTimeSeconds();
            await shards.CommitAsync(
                queue,
                [day.Key],
                current =>
                {
                    // Listed since we looked: then it is none.
                    var left = day.Where(orphan => current.Find(orphan.Part) is null && !current.IsRetired(orphan.Part)).ToList();
                    retired += left.Count;
                    return left.Aggregate(current, (d, orphan) => d.Retire(orphan.Part, at));
                },
                cancellationToken);
        }

        return retired;
    }
}
