using Tickets.Core.Archive.Format;

namespace Tickets.Core.Archive.Parts;

/// <summary>Block indexes by part, the least recently used dropped beyond a bound in bytes.</summary>
internal sealed class BlockIndexCache(long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, LinkedListNode<(ulong Part, BlockIndex Index)>> _byPart = [];
    private readonly LinkedList<(ulong Part, BlockIndex Index)> _byUse = new();
    private long _bytes;

    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    public BlockIndex? Get(ulong part)
    {
        lock (_lock)
        {
            if (!_byPart.TryGetValue(part, out var node))
                return null;
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Index;
        }
    }

    public void Put(ulong part, BlockIndex index)
    {
        lock (_lock)
        {
            if (_byPart.ContainsKey(part))
                return;
            _byPart.Add(part, _byUse.AddFirst((part, index)));
            _bytes += Cost(index);
            while (_bytes > maxBytes && _byUse.Last is { } oldest && _byUse.Count > 1)
            {
                _byUse.RemoveLast();
                _byPart.Remove(oldest.Value.Part);
                _bytes -= Cost(oldest.Value.Index);
            }
        }
    }

    // About 120 bytes for the entries of dictionary and list.
    private static long Cost(BlockIndex index) => index.MemoryBytes + 120;
}
