using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Tickets.Core.Archive.Format;

/// <summary>
/// What follows the blocks: the block index in the extra fields of empty gzip members, a footer member of fixed size that says where the index is,
/// and BGZF's end-of-file member. Readers of gzip see nothing of it.
/// </summary>
internal static class PartTail
{
    public const byte Version = 1;

    /// <summary>Some readers keep a gzip header in 32 KiB (DuckDB) and fail beyond: stay far below.</summary>
    public const int MaxChunk = 16_000;

    // version, offset of the index, its stored length, checksum of these
    private const int FooterPayload = 1 + 8 + 4 + 4;
    public const int FooterBytes = MemberOverhead + FooterPayload;
    public static int EndBytes => FooterBytes + BgzfMember.EndOfFile.Length;

    // header 12, subfield BC 6, header of our subfield 4, empty deflate block 2, trailer 8
    private const int MemberOverhead = 12 + 6 + 4 + 2 + 8;
    private const int PayloadOffset = 22;

    private const byte IndexField = (byte)'i';
    private const byte FooterField = (byte)'f';

    /// <summary>The whole tail of a part whose blocks take <paramref name="dataBytes"/>; the index members are its first <c>IndexLength</c> bytes.</summary>
    public static (byte[] Tail, int IndexLength) Write(ReadOnlySpan<byte> index, long dataBytes)
    {
        var tail = new ArrayBufferWriter<byte>(index.Length + 512);
        for (var rest = index; !rest.IsEmpty;)
        {
            var chunk = rest[..Math.Min(rest.Length, MaxChunk)];
            WriteMember(tail, IndexField, chunk);
            rest = rest[chunk.Length..];
        }

        var indexLength = tail.WrittenCount;
        Span<byte> footer = stackalloc byte[FooterPayload];
        footer[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(footer[1..], dataBytes);
        BinaryPrimitives.WriteInt32LittleEndian(footer[9..], indexLength);
        BinaryPrimitives.WriteUInt32LittleEndian(footer[13..], Crc32.HashToUInt32(footer[..13]));
        WriteMember(tail, FooterField, footer);
        tail.Write(BgzfMember.EndOfFile);
        return (tail.WrittenSpan.ToArray(), indexLength);
    }

    /// <summary>The block index out of the members that hold it.</summary>
    /// <exception cref="InvalidDataException">The bytes are not the index members of a part.</exception>
    public static BlockIndex ReadIndex(ReadOnlySpan<byte> members)
    {
        var index = new ArrayBufferWriter<byte>(members.Length);
        while (!members.IsEmpty)
        {
            index.Write(ReadMember(members, IndexField, out var size));
            members = members[size..];
        }

        return BlockIndex.Decode(index.WrittenSpan.ToArray());
    }

    /// <summary>Where the index is, out of the last <see cref="EndBytes"/> bytes of a part.</summary>
    /// <exception cref="InvalidDataException">The bytes are not the end of a part of this version.</exception>
    public static (long IndexOffset, int IndexLength) ReadEnd(ReadOnlySpan<byte> end)
    {
        if (end.Length != EndBytes || !end[FooterBytes..].SequenceEqual(BgzfMember.EndOfFile))
            throw new InvalidDataException("the end-of-file member is missing");
        var footer = ReadMember(end[..FooterBytes], FooterField, out _);
        if (footer.Length != FooterPayload || footer[0] != Version)
            throw new InvalidDataException($"the footer is not of version {Version}");
        if (Crc32.HashToUInt32(footer[..13]) != BinaryPrimitives.ReadUInt32LittleEndian(footer[13..]))
            throw new InvalidDataException("the footer has a wrong CRC-32");
        return (BinaryPrimitives.ReadInt64LittleEndian(footer[1..]), BinaryPrimitives.ReadInt32LittleEndian(footer[9..]));
    }

    private static void WriteMember(ArrayBufferWriter<byte> target, byte field, ReadOnlySpan<byte> payload)
    {
        var size = MemberOverhead + payload.Length;
        var member = target.GetSpan(size)[..size];
        Frame(member, field, payload.Length);
        payload.CopyTo(member[PayloadOffset..]);
        target.Advance(size);
    }

    private static ReadOnlySpan<byte> ReadMember(ReadOnlySpan<byte> members, byte field, out int size)
    {
        if (members.Length < MemberOverhead)
            throw new InvalidDataException("an index member is cut short");
        var length = BinaryPrimitives.ReadUInt16LittleEndian(members[20..]);
        size = MemberOverhead + length;
        if (members.Length < size)
            throw new InvalidDataException("an index member is cut short");
        var payload = members.Slice(PayloadOffset, length);

        // All but the payload is determined by the field and the length, so any damage shows.
        Span<byte> expected = size <= 1024 ? stackalloc byte[size] : new byte[size];
        Frame(expected, field, length);
        payload.CopyTo(expected[PayloadOffset..]);
        return members[..size].SequenceEqual(expected) ? payload : throw new InvalidDataException("an index member has a wrong frame");
    }

    private static void Frame(Span<byte> member, byte field, int payload)
    {
        member.Clear();
        member[0] = 0x1F;
        member[1] = 0x8B;
        member[2] = 8;
        member[3] = 4;
        member[9] = 0xFF;
        BinaryPrimitives.WriteUInt16LittleEndian(member[10..], (ushort)(6 + 4 + payload));
        "BC"u8.CopyTo(member[12..]);
        member[14] = 2;
        BinaryPrimitives.WriteUInt16LittleEndian(member[16..], (ushort)(member.Length - 1));
        member[18] = (byte)'T';
        member[19] = field;
        BinaryPrimitives.WriteUInt16LittleEndian(member[20..], (ushort)payload);
        member[PayloadOffset + payload] = 3; // an empty deflate block: 03 00
    }
}
