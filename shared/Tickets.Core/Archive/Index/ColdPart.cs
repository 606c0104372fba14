using System.Runtime.InteropServices;
using Tickets.Core.Archive.Format;

namespace Tickets.Core.Archive.Index;

/// <summary>What a lookup needs to know of a part: kept in memory for every part of every queue that is read, so as a small struct.</summary>
/// <param name="Order">Its place among the parts of its day: higher is newer.</param>
/// <param name="AtMinutes">When it was written, in minutes of Unix time.</param>
/// <param name="IsPending">Only those of its tickets count that their hot shard says have left.</param>
/// <param name="Ids">An <see cref="IdSet"/>, when the part has one.</param>
/// <param name="Gone">An <see cref="IdList"/> of tickets that do not count.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ColdPart(
    ulong Id, DateOnly Day, int Order, long MinId, long MaxId, long Tickets, long IndexOffset, int IndexLength, int AtMinutes, bool IsPending, byte[]? Ids, byte[]? Gone)
{
    /// <summary>Stored length: blocks, index, and what ends every part.</summary>
    public long Bytes => IndexOffset + IndexLength + PartTail.EndBytes;

    public static ColdPart From(DateOnly day, int order, DayPart part) => new(
        PartName.ParseId(part.Part), day, order, part.MinId, part.MaxId, part.Tickets, part.IndexOffset, part.IndexLength, (int)(part.At / 60),
        part.Pending is not null, part.Ids, part.Gone);

    public bool MayHave(long ticketId) =>
        ticketId >= MinId && ticketId <= MaxId && (Ids is null || IdSet.Contains(Ids, MinId, ticketId)) && (Gone is null || !IdList.Contains(Gone, MinId - 1, ticketId));

    /// <summary>Not only may: it has every id that <see cref="MayHave"/> says.</summary>
    public bool IsExact => Ids is not null || Tickets == MaxId - MinId + 1;
}
