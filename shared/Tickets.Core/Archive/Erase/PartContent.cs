using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>Looks into a part for some tickets: its block index, and of its blocks those alone that could have them.</summary>
internal static class PartContent
{
    /// <returns>Also true when the part is not there (any more).</returns>
    /// <exception cref="DamagedPartException">It cannot be told.</exception>
    /// <exception cref="OfflinePartException">The part is in an access tier that cannot be read.</exception>
    public static async Task<bool> HasAnyAsync(ColdParts parts, string name, DayPart part, IReadOnlySet<long> ticketIds, CancellationToken cancellationToken)
    {
        using var members = await parts.ReadAsync(name, part.IndexOffset, part.IndexLength, cancellationToken);
        if (members is null)
            return true;
        var blocks = Index(name, part, members);
        foreach (var wanted in ticketIds.Select(id => (Id: id, Block: blocks.Find(id))).Where(wanted => wanted.Block is not null).GroupBy(wanted => wanted.Block!.Value, wanted => wanted.Id))
        {
            using var stored = await parts.ReadAsync(name, wanted.Key.Offset, wanted.Key.Length, cancellationToken);
            if (stored is null)
                return true;
            using var block = Block.Decode(stored.Array, 0, wanted.Key.Length, name, wanted.Key.Offset);
            if (wanted.Any(id => block.Find(id) is not null))
                return true;
        }

        return false;
    }

    private static BlockIndex Index(string name, DayPart part, PooledBytes members)
    {
        try
        {
            return PartTail.ReadIndex(members.Span);
        }
        catch (InvalidDataException e)
        {
            throw new DamagedPartException(name, part.IndexOffset, e.Message, e);
        }
    }
}
