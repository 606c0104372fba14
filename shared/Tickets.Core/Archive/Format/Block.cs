using System.Buffers;

namespace Tickets.Core.Archive.Format;

/// <summary>One block of a part, inflated into a pooled buffer.</summary>
internal readonly struct Block(byte[] buffer, int length) : IDisposable
{
    public ReadOnlyMemory<byte> Raw => buffer.AsMemory(0, length);

    /// <summary>The ticket's document, copied out of the pooled buffer.</summary>
    public ReadOnlyMemory<byte>? Find(long id)
    {
        var line = DocumentLine.Find(Raw.Span, id);
        return line.IsEmpty ? default(ReadOnlyMemory<byte>?) : line.ToArray().AsMemory();
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    /// <summary>Inflates the members in <paramref name="stored"/> and checks each.</summary>
    /// <param name="part">For the exception.</param>
    /// <param name="offset">Where in the part these bytes are, for the exception.</param>
    /// <exception cref="DamagedPartException">They are not what was written.</exception>
    public static Block Decode(byte[] stored, int start, int length, string part, long offset)
    {
        var raw = ArrayPool<byte>.Shared.Rent(RawLength(stored.AsSpan(start, length), part, offset, out var filled));
        try
        {
            var at = start;
            var written = 0;
            while (at < start + length)
            {
                var size = BgzfMember.SizeOf(stored.AsSpan(at));
                var piece = BgzfMember.RawLength(stored.AsSpan(at, size));
                BgzfMember.Inflate(stored, at, size, raw.AsSpan(written, piece));
                written += piece;
                at += size;
            }

            return filled > 0 && raw[filled - 1] == '\n' ? new Block(raw, filled) : throw new InvalidDataException("a block does not end with a document's end");
        }
        catch (InvalidDataException e)
        {
            ArrayPool<byte>.Shared.Return(raw);
            throw new DamagedPartException(part, offset, e.Message, e);
        }
    }

    private static int RawLength(ReadOnlySpan<byte> stored, string part, long offset, out int length)
    {
        length = 0;
        while (!stored.IsEmpty)
        {
            var size = BgzfMember.SizeOf(stored);
            if (size < BgzfMember.HeaderBytes + BgzfMember.TrailerBytes || size > stored.Length)
                throw new DamagedPartException(part, offset, "a member starts with a wrong header");
            var raw = BgzfMember.RawLength(stored[..size]);
            if (raw > BgzfMember.MaxRaw)
                throw new DamagedPartException(part, offset, "a member states a length beyond the limit");
            length += raw;
            stored = stored[size..];
        }

        return length;
    }
}
