using System.Runtime.InteropServices;
using Tickets.Core.Archive.Format;

namespace Tickets.Core.Archive.Index;

/// <summary>What a lookup needs to know of a part: kept in memory for every part of every queue that is read, so as a small struct.</summary>
/// <param name="Order">Its place among the parts of its day: higher is newer.</param>
/// <param name="Ids">An <see cref="IdSet"/>, when the part has one.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ColdPart(
    ulong Id, DateOnly Day, int Order, long MinId, long MaxId, long Tickets, long Bytes, long IndexOffset, int IndexLength, byte[]? Ids)
{
    public static ColdPart From(DateOnly day, int order, DayPart part) => new(
        PartName.ParseId(part.Part), day, order, part.MinId, part.MaxId, part.Tickets, part.Bytes, part.IndexOffset, part.IndexLength, part.Ids);

    public bool MayHave(long ticketId) =>
        ticketId >= MinId && ticketId <= MaxId && (Ids is null || IdSet.Contains(Ids, MinId, ticketId));

    /// <summary>Not only may: it has every id that <see cref="MayHave"/> says.</summary>
    public bool IsExact => Ids is not null || Tickets == MaxId - MinId + 1;
}
