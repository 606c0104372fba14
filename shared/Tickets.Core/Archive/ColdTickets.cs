using Microsoft.Extensions.Logging;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>
/// Finds archived tickets by id. Ask the hot tier first. What this process knows of the index may be a little old; a shard tells of every ticket that crossed
/// between the tiers lately (<see cref="TierMoves"/>), and then the index is read anew: so no ticket is missed while it moves, and none is found where it is no more.
/// </summary>
public sealed class ColdTickets(ColdIndex index, ColdParts parts, TierMoves moves, ArchiveOptions options, ILogger<ColdTickets> log)
{
    /// <summary>A part of at most this stored size is read whole rather than index first: one request instead of two.</summary>
    private const int ReadWholeBytes = 96 * 1024;

    // A part can vanish between the index and the read only when it was replaced by another, which is rare.
    private const int MaxAttempts = 5;
    private readonly BlockIndexCache _blockIndexes = new(options.BlockIndexBytes);
    private long _lookups;
    private long _storageRequests;

    /// <summary>Lookups since the start of the process.</summary>
    public long Lookups => Interlocked.Read(ref _lookups);

    /// <summary>Storage requests that those lookups took.</summary>
    public long StorageRequests => Interlocked.Read(ref _storageRequests);

    /// <summary>Looks in several queues.</summary>
    /// <param name="shards">The hot shards that may have had the ticket: none of them has it now.</param>
    /// <exception cref="DamagedPartException">A part that should have the ticket is damaged or missing.</exception>
    /// <exception cref="OfflinePartException">The part that should have the ticket cannot be read at present.</exception>
    public async Task<ColdLookup> LookupAsync(
        IReadOnlyCollection<string> queues, IReadOnlyCollection<string> shards, long ticketId, CancellationToken cancellationToken)
    {
        var cost = new RequestCount();
        try
        {
            // Asked beside the search, not before it: as a rule the answer is that nothing moved.
            var moved = moves.OfTicketAsync(shards, ticketId, cancellationToken);
            var views = await Task.WhenAll(queues.Select(queue => ViewAsync(queue, cost, cancellationToken)));
            for (var attempt = 1; ; attempt++)
            {
                var answer = await SearchAsync(views, moved, ticketId, cost, cancellationToken);
                var stale = Stale(views, await moved, answer);
                if (attempt == MaxAttempts || !await RefreshAsync(stale, answer.Missing, cost, cancellationToken))
                {
                    return answer.Missing is { } missing
                        ? throw new DamagedPartException(missing, 0, "the part is missing")
                        : new ColdLookup(answer.Json, answer.Json is null ? null : answer.View!.Queue, cost.Value, answer.Day, (await moved).Count > 0);
                }
            }
        }
        catch (DamagedPartException e)
        {
            ColdMetrics.DamagedParts.Add(1);
            log.PartDamaged(e, e.Part);
            throw;
        }
        finally
        {
            Interlocked.Increment(ref _lookups);
            Interlocked.Add(ref _storageRequests, cost.Value);
            ColdMetrics.Lookups.Add(1);
            ColdMetrics.StorageRequests.Add(cost.Value);
        }
    }

    private async Task<View> ViewAsync(string queue, RequestCount cost, CancellationToken cancellationToken)
    {
        var reading = await index.GetAsync(queue, cancellationToken);
        cost.Add(reading.StorageRequests);
        return new View(queue) { Parts = reading.Parts, IsFresh = reading.StorageRequests > 0 };
    }

    /// <summary>
    /// The queues whose index, as we know it, is from before something that the answer depends on. Also one that was read for this very lookup may be: the shard
    /// was asked beside that, and a ticket can leave in between.
    /// </summary>
    private static List<View> Stale(View[] views, IReadOnlyList<TierMove> moved, Answer answer) => views.Where(view =>
        moved.Any(move => move.Queue == view.Queue && move.Revision > view.Parts.Revision && (!view.IsFresh || move.Revision != TierMove.AnyRevision))
            || (view.MetPending && !view.IsFresh)).Concat(answer.Missing is null ? [] : [answer.View!]).Distinct().ToList();

    /// <returns>Whether it is worth another search.</returns>
    private async Task<bool> RefreshAsync(List<View> stale, string? missing, RequestCount cost, CancellationToken cancellationToken)
    {
        var changed = false;
        foreach (var view in stale)
        {
            var reading = await index.RefreshAsync(view.Queue, cancellationToken);
            cost.Add(reading.StorageRequests);
            changed |= !ReferenceEquals(view.Parts, reading.Parts);
            (view.Parts, view.IsFresh) = (reading.Parts, true);
        }

        return changed || (stale.Count > 0 && missing is null);
    }

    private async Task<Answer> SearchAsync(View[] views, Task<IReadOnlyList<TierMove>> moved, long ticketId, RequestCount cost, CancellationToken cancellationToken)
    {
        foreach (var view in views)
        {
            foreach (var part in view.Parts.Candidates(ticketId))
            {
                // Being copied is not having left: the ticket may have gone to another queue instead.
                if (part.IsPending && !(await moved).Any(move => move.Part == part.Id))
                {
                    view.MetPending = true;
                    continue;
                }

                var name = PartName.Of(view.Queue, part.Day, part.Id);
                var read = part.Bytes <= ReadWholeBytes && _blockIndexes.Get(part.Id) is null
                    ? await ReadWholeAsync(name, part, ticketId, cost, cancellationToken)
                    : await ReadBlockAsync(name, part, ticketId, cost, cancellationToken);
                if (read.Missing)
                    return new Answer(view, null, name, part.Day);
                if (read.Json is { } json && await CountsAsync(json, view.Queue, moved))
                    return new Answer(view, json, null, part.Day);
            }
        }

        return default;
    }

    /// <summary>Not a copy from before the ticket came back: it is hot, or went elsewhere since, and its copy is about to be struck out.</summary>
    private static async Task<bool> CountsAsync(ReadOnlyMemory<byte> json, string queue, Task<IReadOnlyList<TierMove>> moved)
    {
        var restored = 0L;
        foreach (var move in await moved)
            restored = move.Queue == queue ? Math.Max(restored, move.Restored) : restored;
        return restored == 0 || ColdDocument.VersionOf(json.Span) >= restored;
    }

    private async Task<PartAnswer> ReadWholeAsync(string name, ColdPart part, long ticketId, RequestCount cost, CancellationToken cancellationToken)
    {
        cost.Add(1);
        using var stored = await parts.ReadAsync(name, 0, (int)part.Bytes, cancellationToken);
        if (stored is null)
            return PartAnswer.IsMissing;
        var blocks = ReadIndex(name, part, stored.Span.Slice((int)part.IndexOffset, part.IndexLength));
        return blocks.Find(ticketId) is { } block ? Decode(name, stored, (int)block.Offset, block, ticketId) : default;
    }

    private async Task<PartAnswer> ReadBlockAsync(string name, ColdPart part, long ticketId, RequestCount cost, CancellationToken cancellationToken)
    {
        if (_blockIndexes.Get(part.Id) is not { } blocks)
        {
            cost.Add(1);
            using var members = await parts.ReadAsync(name, part.IndexOffset, part.IndexLength, cancellationToken);
            if (members is null)
                return PartAnswer.IsMissing;
            blocks = ReadIndex(name, part, members.Span);
        }

        if (blocks.Find(ticketId) is not { } block)
            return default;
        cost.Add(1);
        using var stored = await parts.ReadAsync(name, block.Offset, block.Length, cancellationToken);
        return stored is null ? PartAnswer.IsMissing : Decode(name, stored, 0, block, ticketId);
    }

    private BlockIndex ReadIndex(string name, ColdPart part, ReadOnlySpan<byte> members)
    {
        try
        {
            var blocks = PartTail.ReadIndex(members);
            if (blocks.DataBytes != part.IndexOffset || blocks.MinId != part.MinId || blocks.MaxId != part.MaxId)
                throw new InvalidDataException("the block index is not the one of the day's row");
            _blockIndexes.Put(part.Id, blocks);
            return blocks;
        }
        catch (InvalidDataException e)
        {
            throw new DamagedPartException(name, part.IndexOffset, e.Message, e);
        }
    }

    private static PartAnswer Decode(string name, PooledBytes stored, int start, BlockEntry entry, long ticketId)
    {
        using var block = Block.Decode(stored.Array, start, entry.Length, name, entry.Offset);
        return new PartAnswer(block.Find(ticketId), Missing: false);
    }

    /// <summary>A queue's index as this lookup sees it.</summary>
    private sealed class View(string queue)
    {
        public string Queue => queue;
        public required QueueParts Parts { get; set; }

        /// <summary>Read after the question was asked.</summary>
        public bool IsFresh { get; set; }

        /// <summary>Some part that may have the ticket was passed over because it is still being moved to.</summary>
        public bool MetPending { get; set; }
    }

    /// <param name="Missing">The part that should be there and is not.</param>
    private readonly record struct Answer(View? View, ReadOnlyMemory<byte>? Json, string? Missing, DateOnly Day);

    private readonly record struct PartAnswer(ReadOnlyMemory<byte>? Json, bool Missing)
    {
        public static PartAnswer IsMissing => new(null, true);
    }

    private sealed class RequestCount
    {
        public int Value { get; private set; }
        public void Add(int requests) => Value += requests;
    }
}
