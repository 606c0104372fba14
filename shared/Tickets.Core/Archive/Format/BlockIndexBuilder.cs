using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Tickets.Core.Archive.Format;

/// <summary>Collects the blocks of a part, in order, in the stored form of <see cref="BlockIndex"/>.</summary>
internal sealed class BlockIndexBuilder
{
    private readonly ArrayBufferWriter<byte> _entries = new();
    private long _blocks;
    private long _minId;
    private long _lastId;

    public void Add(long firstId, long lastId, int length)
    {
        if (_blocks == 0)
            (_minId, _lastId) = (firstId, firstId - 1);
        if (firstId <= _lastId || lastId < firstId || length <= 0)
            throw new ArgumentException($"Block {firstId}–{lastId} of {length} bytes does not follow ticket {_lastId}.", nameof(firstId));
        Append(_entries, firstId - _lastId - 1);
        Append(_entries, lastId - firstId);
        Append(_entries, length);
        _lastId = lastId;
        _blocks++;
    }

    public byte[] Encode(long tickets, long rawBytes)
    {
        var encoded = new ArrayBufferWriter<byte>(_entries.WrittenCount + 64);
        encoded.Write([BlockIndex.Version]);
        Append(encoded, _blocks);
        Append(encoded, tickets);
        Append(encoded, rawBytes);
        Append(encoded, _minId);
        encoded.Write(_entries.WrittenSpan);
        BinaryPrimitives.WriteUInt32LittleEndian(encoded.GetSpan(4), Crc32.HashToUInt32(encoded.WrittenSpan));
        encoded.Advance(4);
        return encoded.WrittenSpan.ToArray();
    }

    private static void Append(ArrayBufferWriter<byte> target, long value) =>
        target.Advance(Varint.Write(target.GetSpan(Varint.MaxBytes), (ulong)value));
}
