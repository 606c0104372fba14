using Tickets.Core.Archive;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Placement;

/// <summary>
/// What a queue's old shards know of its cold tier, and readers will not ask them any more: which tickets of a part that is still pending have left, which have come back, and what crossed
/// lately. Before the queue is served from its new shards the first two are settled in the cold index, and the new shards are told all.
/// </summary>
internal sealed class ColdSide(ShardSet shards, ArchiveTools archive, TicketReturns returns)
{
    /// <summary>Keeps archivers off: also one that has slept through the beginning of the move.</summary>
    public Task<ArchiveHold> HoldAsync(QueueSettings queue, IEnumerable<string> from, CancellationToken cancel) =>
        ArchiveHold.TakeAsync(archive, queue.QueueId, queue.Name, from.Select(shard => shards[shard]), cancel);

    /// <summary>Harmless to repeat.</summary>
    public async Task SettleAsync(ArchiveHold hold, QueueSettings queue, Contracts.QueueMove move, CancellationToken cancel)
    {
        await hold.SettleAsync(cancel);
        foreach (var from in move.From)
        {
            await returns.SettleAllAsync(queue, from, cancel);
            foreach (var to in move.To.Where(to => to != from))
                await archive.Moves.CarryAsync(from, to, queue.Name, cancel);
        }
    }
}
