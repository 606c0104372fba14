namespace Tickets.Core.Archive.Format;

/// <summary>
/// The ids of a part with few tickets, so that the index itself answers whether the part has a ticket. Days of imported history are small and their
/// id ranges overlap widely; without the ids, a lookup would have to open each of them. Stored as varints: each id's distance to the one before,
/// minus one; the first id is the part's lowest.
/// </summary>
internal static class IdSet
{
    /// <summary>A part whose ids take more than this has none listed.</summary>
    public const int MaxBytes = 192;

    /// <exception cref="InvalidDataException">The bytes are no id set.</exception>
    public static bool Contains(ReadOnlySpan<byte> encoded, long minId, long id)
    {
        var current = minId;
        while (current < id && !encoded.IsEmpty)
        {
            if (!Varint.TryRead(ref encoded, out var gap))
                throw new InvalidDataException("An id set is cut short.");
            current += (long)gap + 1;
        }

        return current == id;
    }
}
