using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Tickets.Core.Archive.Format;

/// <summary>Where a block is in its part, and the ids of its first and last ticket.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BlockEntry(long FirstId, long LastId, long Offset, int Length);

/// <summary>
/// The blocks of a part, kept in memory in the stored form (about 5 bytes a block) with a skip entry for every <see cref="SkipEvery"/> blocks: a
/// lookup is a binary search over the skips and a short walk.
/// </summary>
internal sealed class BlockIndex
{
    public const byte Version = 1;
    private const int SkipEvery = 64;
    private const int ChecksumBytes = 4;

    private readonly byte[] _encoded;
    private readonly Skip[] _skips;

    private BlockIndex(byte[] encoded, Skip[] skips, long blocks, long tickets, long rawBytes, long minId, long maxId, long dataBytes)
    {
        _encoded = encoded;
        _skips = skips;
        Blocks = blocks;
        Tickets = tickets;
        RawBytes = rawBytes;
        MinId = minId;
        MaxId = maxId;
        DataBytes = dataBytes;
    }

    public long Blocks { get; }
    public long Tickets { get; }

    /// <summary>The length of all documents with their newlines, uncompressed.</summary>
    public long RawBytes { get; }
    public long MinId { get; }
    public long MaxId { get; }

    /// <summary>The stored length of all blocks: they are contiguous and start the part.</summary>
    public long DataBytes { get; }

    /// <summary>What keeping it costs, in bytes.</summary>
    public long MemoryBytes => 160 + _encoded.Length + (_skips.Length * 32L);

    /// <summary>The block that has the ticket if the part has it.</summary>
    public BlockEntry? Find(long id)
    {
        if (id < MinId || id > MaxId)
            return null;
        var (low, high) = (0, _skips.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_skips[middle].FirstId <= id)
                low = middle;
            else
                high = middle - 1;
        }

        foreach (var block in Walk(low))
        {
            if (id <= block.LastId)
                return id >= block.FirstId ? block : null;
        }

        return null;
    }

    public IEnumerable<BlockEntry> All() => Walk(0);

    /// <summary>Reads the stored form: see docs/cold-format.md, "Block index".</summary>
    /// <exception cref="InvalidDataException">It is not an index of this version, or its checksum or its contents do not fit.</exception>
    public static BlockIndex Decode(byte[] encoded)
    {
        if (encoded.Length < 1 + ChecksumBytes || encoded[0] != Version)
            throw new InvalidDataException($"the block index is not of version {Version}");
        var body = encoded.AsSpan(0, encoded.Length - ChecksumBytes);
        if (Crc32.HashToUInt32(body) != BinaryPrimitives.ReadUInt32LittleEndian(encoded.AsSpan(body.Length)))
            throw new InvalidDataException("the block index has a wrong CRC-32");

        ReadOnlySpan<byte> rest = body[1..];
        var (blocks, tickets, raw, min) = (Next(ref rest), Next(ref rest), Next(ref rest), Next(ref rest));
        var skips = new List<Skip>((int)Math.Min(blocks / SkipEvery, 1 << 20) + 1);
        var (lastId, offset) = (min - 1, 0L);
        for (var i = 0L; i < blocks; i++)
        {
            var start = body.Length - rest.Length;
            var entry = Entry(ref rest, lastId, offset);
            if (i % SkipEvery == 0)
                skips.Add(new Skip(entry.FirstId, lastId, offset, start));
            (lastId, offset) = (entry.LastId, entry.Offset + entry.Length);
        }

        if (!rest.IsEmpty || blocks == 0)
            throw new InvalidDataException("the block index does not end where its last block does");
        return new BlockIndex(encoded, skips.ToArray(), blocks, tickets, raw, min, lastId, offset);
    }

    private IEnumerable<BlockEntry> Walk(int skip)
    {
        var (_, lastId, offset, position) = _skips[skip];
        var end = _encoded.Length - ChecksumBytes;
        while (position < end)
        {
            var entry = At(ref position, lastId, offset);
            yield return entry;
            (lastId, offset) = (entry.LastId, entry.Offset + entry.Length);
        }
    }

    private BlockEntry At(ref int position, long lastId, long offset)
    {
        ReadOnlySpan<byte> rest = _encoded.AsSpan(position, _encoded.Length - ChecksumBytes - position);
        var entry = Entry(ref rest, lastId, offset);
        position = _encoded.Length - ChecksumBytes - rest.Length;
        return entry;
    }

    private static BlockEntry Entry(ref ReadOnlySpan<byte> rest, long lastId, long offset)
    {
        try
        {
            checked
            {
                var first = lastId + 1 + Next(ref rest);
                var last = first + Next(ref rest);
                var length = (int)Next(ref rest);
                return length > 0 && offset + length > 0
                    ? new BlockEntry(first, last, offset, length)
                    : throw new InvalidDataException("the block index has an empty block");
            }
        }
        catch (OverflowException e)
        {
            throw new InvalidDataException("the block index has a number that is too large", e);
        }
    }

    private static long Next(ref ReadOnlySpan<byte> rest) =>
        Varint.TryRead(ref rest, out var value) && value <= long.MaxValue
            ? (long)value
            : throw new InvalidDataException("the block index is cut short");

    /// <summary>State before a block: its first id, the id before it, its offset in the part, and its position in the encoded index.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Skip(long FirstId, long PreviousId, long Offset, int Position);
}
