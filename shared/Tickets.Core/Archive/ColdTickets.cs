using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>
/// Finds archived tickets by id. Ask the hot tier first: a ticket that has just left it is in the cold tier's index already, and
/// "not found" is only ever answered after the index was read again, so no ticket is missed while it moves.
/// </summary>
public sealed class ColdTickets(ColdIndex index, ColdParts parts, long maxCachedIndexBytes)
{
    private const long DefaultCachedIndexBytes = 64L * 1024 * 1024;

    /// <summary>A part of at most this stored size is read whole rather than index first: one request instead of two.</summary>
    private const int ReadWholeBytes = 96 * 1024;

    // A part can vanish between the index and the read only when it was replaced by another, which is rare.
    private const int MaxAttempts = 5;
    private readonly BlockIndexCache _blockIndexes = new(maxCachedIndexBytes);
    private long _lookups;
    private long _storageRequests;

    public ColdTickets(ColdIndex index, ColdParts parts)
        : this(index, parts, DefaultCachedIndexBytes)
    {
    }

    /// <summary>Lookups since the start of the process.</summary>
    public long Lookups => Interlocked.Read(ref _lookups);

    /// <summary>Storage requests that those lookups took.</summary>
    public long StorageRequests => Interlocked.Read(ref _storageRequests);

    /// <summary>The ticket's document as UTF-8 JSON, or null when the queue's cold tier does not have it.</summary>
    /// <exception cref="DamagedPartException">A part that should have the ticket is damaged or missing.</exception>
    public async Task<ReadOnlyMemory<byte>?> FindAsync(string queue, long ticketId, CancellationToken cancellationToken) =>
        (await LookupAsync([queue], ticketId, cancellationToken)).Json;

    /// <summary>Looks in several queues: in what is known of all of them first, then in all of them read again.</summary>
    /// <exception cref="DamagedPartException">A part that should have the ticket is damaged or missing.</exception>
    public async Task<ColdLookup> LookupAsync(IReadOnlyCollection<string> queues, long ticketId, CancellationToken cancellationToken)
    {
        var cost = new RequestCount();
        try
        {
            var known = await Task.WhenAll(queues.Select(async q => (q, await index.GetAsync(q, cancellationToken))));
            for (var attempt = 1; ; attempt++)
            {
                cost.Add(known.Sum(k => k.Item2.StorageRequests));
                var (missing, found) = (default(string), default(ColdLookup));
                foreach (var (queue, reading) in known)
                {
                    (found, missing) = await SearchAsync(queue, reading.Parts, ticketId, cost, cancellationToken);
                    if (found is not null)
                        return found;
                    if (missing is not null)
                        break;
                }

                var fresh = await Task.WhenAll(queues.Select(async q => (q, await index.RefreshAsync(q, cancellationToken))));
                if (known.Zip(fresh).All(k => ReferenceEquals(k.First.Item2.Parts, k.Second.Item2.Parts)) || attempt == MaxAttempts)
                {
                    cost.Add(fresh.Sum(k => k.Item2.StorageRequests));
                    return missing is null
                        ? new ColdLookup(null, null, cost.Value)
                        : throw new DamagedPartException(missing, 0, "the part is missing");
                }

                known = fresh;
            }
        }
        catch (DamagedPartException)
        {
            ColdMetrics.DamagedParts.Add(1);
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

    /// <summary>The ticket, or the part that should be there and is not.</summary>
    private async Task<(ColdLookup? Found, string? Missing)> SearchAsync(
        string queue, QueueParts known, long ticketId, RequestCount cost, CancellationToken cancellationToken)
    {
        foreach (var part in known.Candidates(ticketId))
        {
            var name = PartName.Of(queue, part.Day, part.Id);
            var block = part.Bytes <= ReadWholeBytes && _blockIndexes.Get(name) is null
                ? await ReadWholeAsync(name, part, ticketId, cost, cancellationToken)
                : await ReadBlockAsync(name, part, ticketId, cost, cancellationToken);
            if (block.Missing)
                return (null, name);
            if (block.Json is not null)
                return (new ColdLookup(block.Json, queue, cost.Value), null);
        }

        return (null, null);
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
        if (_blockIndexes.Get(name) is not { } blocks)
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
            _blockIndexes.Put(name, blocks);
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
