using Tickets.Core.Archive.Index;

namespace Tickets.Core.Archive;

/// <summary>Makes tickets not count in the cold tier any more, wherever in their day they lie: they are hot again. Their bytes go when the part is next written anew.</summary>
public sealed class Withdrawal(ColdShards shards, Compaction compaction)
{
    public async Task RunAsync(string queue, DateOnly day, IReadOnlyCollection<long> ticketIds, CancellationToken cancellationToken)
    {
        await shards.CommitAsync(
            queue,
            [day],
            row => row.Parts.Aggregate(row, (d, part) => ticketIds.Where(id => ColdPart.From(day, 0, part).MayHave(id)).ToList() is { Count: > 0 } here
                ? d.With(part.Part, p => p.WithGone(here))
                : d),
            cancellationToken);
        await compaction.DropGoneAsync(queue, day, cancellationToken);
    }
}
