using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>What happens to parts as they grow old: cheaper access tiers, and the end of a queue's cold retention. A part's age counts from the day its newest ticket left hot.</summary>
public sealed class PartAging(ColdShards shards, ColdParts parts, ArchiveOptions options, TimeProvider time)
{
    /// <summary>Puts parts into the access tiers that the configuration has for their age.</summary>
    /// <returns>How many parts changed tiers.</returns>
    public async Task<int> SetTiersAsync(string queue, CancellationToken cancellationToken)
    {
        if (options.Tiers.Count == 0)
            return 0;
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var set = 0;
        foreach (var day in await shards.ReadChangesAsync(queue, 0, cancellationToken))
        {
            // A part that is about to be merged would be written anew in the dear tier.
            if (CompactionRule.Tiered.Choose(day, now, options) is not null)
                continue;
            foreach (var part in day.Parts.Where(part => part.Pending is null))
            {
                if (TierOf(now - part.At) is not { } tier || tier == part.Tier || !await parts.TrySetTierAsync(PartName.Of(queue, day.Day, part.Part), tier, cancellationToken))
                    continue;
                await shards.CommitAsync(queue, [day.Day], current => current.With(part.Part, p => p with { Tier = tier }), cancellationToken);
                set++;
            }
        }

        return set;
    }

    /// <summary>Lists parts no more whose newest ticket left hot before the cutoff; their blobs go with the next sweep.</summary>
    /// <returns>How many tickets they held.</returns>
    public async Task<long> DeleteOlderAsync(string queue, DateTimeOffset cutoff, CancellationToken cancellationToken)
    {
        var (now, before, tickets) = (time.GetUtcNow().ToUnixTimeSeconds(), cutoff.ToUnixTimeSeconds(), 0L);
        foreach (var day in await shards.ReadChangesAsync(queue, 0, cancellationToken))
        {
            var old = day.Parts.Where(part => part.Pending is null && part.At < before).ToList();
            if (old.Count == 0)
                continue;
            await shards.CommitAsync(queue, [day.Day], current => old.Aggregate(current, (d, part) => d.Find(part.Part) is null ? d : d.Retire(part.Part, now)), cancellationToken);
            foreach (var part in old)
                await parts.MarkAsync(PartName.Of(queue, day.Day, part.Part), PartMetadata.Of(part, retiredAt: now), cancellationToken);
            tickets += old.Sum(part => part.Tickets);
        }

        return tickets;
    }

    private string? TierOf(long seconds) => options.Tiers.Where(tier => seconds >= tier.Age.TotalSeconds).OrderByDescending(tier => tier.Age).Select(tier => tier.Tier).FirstOrDefault();
}
