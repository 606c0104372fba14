using System.Buffers;

namespace Tickets.Core.Archive.Format;

/// <summary>Ascending ids as varints: each id's distance to the one before it, minus one; of the first, to a number below all of them.</summary>
internal static class IdList
{
    public static byte[] Encode(long below, IEnumerable<long> ascending)
    {
        var encoded = new ArrayBufferWriter<byte>();
        foreach (var id in ascending)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(id, below);
            encoded.Advance(Varint.Write(encoded.GetSpan(Varint.MaxBytes), (ulong)(id - below - 1)));
            below = id;
        }

        return encoded.WrittenSpan.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are no id list.</exception>
    public static List<long> Decode(ReadOnlySpan<byte> encoded, long below)
    {
        var ids = new List<long>();
        while (!encoded.IsEmpty)
            ids.Add(below = Next(ref encoded, below));
        return ids;
    }

    /// <exception cref="InvalidDataException">The bytes are no id list.</exception>
    public static bool Contains(ReadOnlySpan<byte> encoded, long below, long id)
    {
        while (below < id && !encoded.IsEmpty)
            below = Next(ref encoded, below);
        return below == id;
    }

    private static long Next(ref ReadOnlySpan<byte> encoded, long below) =>
        Varint.TryRead(ref encoded, out var gap) ? below + (long)gap + 1 : throw new InvalidDataException("An id list is cut short.");
}
