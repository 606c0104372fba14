using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Tickets.Core.Archive.Format;

/// <summary>
/// Blocked gzip, as section 4.1 of the SAM specification defines it: gzip members of at most 64 KiB whose extra field holds their size (subfield BC),
/// so that a reader can go from member to member, or start at any of them, without inflating.
/// </summary>
internal static class BgzfMember
{
    public const int HeaderBytes = 18;
    public const int TrailerBytes = 8;

    /// <summary>What one member holds at most, uncompressed. As in htslib: even stored uncompressed it stays below 64 KiB.</summary>
    public const int MaxRaw = 0xFF00;
    public const int MaxStored = 0x10000;

    // gzip, deflate, with extra field, no time, no hints, system unknown; 6 bytes of extra field: subfield BC of 2 bytes.
    private static ReadOnlySpan<byte> Prefix => [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0xFF, 6, 0, (byte)'B', (byte)'C', 2, 0];

    /// <summary>The empty member that ends a file, so that a truncated one is noticed.</summary>
    public static ReadOnlySpan<byte> EndOfFile =>
        [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0xFF, 6, 0, (byte)'B', (byte)'C', 2, 0, 27, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Compresses up to <see cref="MaxRaw"/> bytes into <paramref name="destination"/> (of <see cref="MaxStored"/> bytes) and answers the member's size.</summary>
    public static int Write(ReadOnlySpan<byte> raw, byte[] destination, CompressionLevel level)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(raw.Length, MaxRaw);
        Prefix.CopyTo(destination);
        var deflated = Deflate(raw, destination, level);
        var size = HeaderBytes + deflated + TrailerBytes;
        BinaryPrimitives.WriteUInt16LittleEndian(destination.AsSpan(16), (ushort)(size - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(destination.AsSpan(HeaderBytes + deflated), Crc32.HashToUInt32(raw));
        BinaryPrimitives.WriteUInt32LittleEndian(destination.AsSpan(HeaderBytes + deflated + 4), (uint)raw.Length);
        return size;
    }

    /// <summary>The size of the member that starts with these <see cref="HeaderBytes"/> bytes, or 0 when it is no data member.</summary>
    public static int SizeOf(ReadOnlySpan<byte> header) =>
        header.Length >= HeaderBytes && header.StartsWith(Prefix) ? BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) + 1 : 0;

    /// <summary>How many bytes the member inflates to, as its trailer says.</summary>
    public static int RawLength(ReadOnlySpan<byte> member) => (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(member[^4..]), int.MaxValue);

    /// <summary>Inflates one whole member into <paramref name="destination"/>, which has exactly its <see cref="RawLength"/>.</summary>
    /// <exception cref="InvalidDataException">The data is not what was compressed: its length or its CRC-32 differs.</exception>
    public static void Inflate(byte[] source, int offset, int size, Span<byte> destination)
    {
        using var deflated = new MemoryStream(source, offset + HeaderBytes, size - HeaderBytes - TrailerBytes, writable: false);
        using var inflate = new DeflateStream(deflated, CompressionMode.Decompress);
        if (inflate.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) < destination.Length || inflate.ReadByte() >= 0)
            throw new InvalidDataException("a member does not inflate to the length that it states");
        var trailer = source.AsSpan(offset + size - TrailerBytes);
        if (Crc32.HashToUInt32(destination) != BinaryPrimitives.ReadUInt32LittleEndian(trailer))
            throw new InvalidDataException("a member's CRC-32 is wrong");
    }

    private static int Deflate(ReadOnlySpan<byte> raw, byte[] destination, CompressionLevel level)
    {
        const int StoredBlockHeader = 5;
        using var target = new MemoryStream(destination, HeaderBytes, MaxStored - HeaderBytes - TrailerBytes);
        try
        {
            using (var deflate = new DeflateStream(target, level, leaveOpen: true))
                deflate.Write(raw);
            if (target.Position <= raw.Length + StoredBlockHeader)
                return (int)target.Position;
        }
        catch (NotSupportedException)
        {
            // Incompressible data outgrew the fixed buffer; it goes in stored, below.
        }

        var block = destination.AsSpan(HeaderBytes);
        block[0] = 1; // last block, stored
        BinaryPrimitives.WriteUInt16LittleEndian(block[1..], (ushort)raw.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(block[3..], (ushort)~raw.Length);
        raw.CopyTo(block[StoredBlockHeader..]);
        return raw.Length + StoredBlockHeader;
    }
}
