namespace Tickets.Core.Archive.Format;

/// <summary>Unsigned LEB128: seven bits a byte, lowest first, the high bit set on all bytes but the last.</summary>
internal static class Varint
{
    public const int MaxBytes = 10;

    public static int Write(Span<byte> destination, ulong value)
    {
        var written = 0;
        for (; value >= 0x80; value >>= 7)
            destination[written++] = (byte)(value | 0x80);
        destination[written++] = (byte)value;
        return written;
    }

    /// <summary>False when the bytes end inside the number or it has more than 64 bits.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> source, out ulong value)
    {
        value = 0;
        for (var i = 0; i < source.Length && i < MaxBytes; i++)
        {
            var next = source[i];
            if (i == MaxBytes - 1 && next > 1)
                return false;
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                source = source[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
