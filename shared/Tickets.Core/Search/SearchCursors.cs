using System.Buffers.Binary;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Search;

/// <summary>Signed positions in a search: the last ticket id seen, bound to the query.</summary>
internal sealed class SearchCursors(SettingsCache settings)
{
    private const byte Format = (byte)'f';
    private const int Length = 1 + 16 + sizeof(long);

    public string Write(Guid shape, long after)
    {
        Span<byte> payload = stackalloc byte[Length];
        payload[0] = Format;
        shape.TryWriteBytes(payload[1..]);
        BinaryPrimitives.WriteInt64BigEndian(payload[17..], after);
        return SignedToken.Seal(payload, settings.Secrets.Cursors);
    }

    public bool TryRead(string text, Guid shape, out long after)
    {
        after = 0;
        if (!SignedToken.TryOpen(text, settings.Secrets.Cursors, out var payload) || payload.Length != Length || payload[0] != Format || new Guid(payload.AsSpan(1, 16)) != shape)
            return false;
        after = BinaryPrimitives.ReadInt64BigEndian(payload.AsSpan(17));
        return true;
    }
}
