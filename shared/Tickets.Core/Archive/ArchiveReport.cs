namespace Tickets.Core.Archive;

/// <summary>What a run of the archiver did.</summary>
/// <param name="Tickets">Moved: in the cold tier and gone from the hot one.</param>
/// <param name="Kept">Written to a part but changed meanwhile, so still hot.</param>
/// <param name="Days">Queue-days that got a part.</param>
/// <param name="Bytes">Stored bytes of the parts.</param>
/// <param name="RawBytes">Their uncompressed bytes.</param>
/// <param name="Busy">Queues left alone because another process is archiving them.</param>
/// <param name="Complete">False when time ran out and tickets that are due remain.</param>
/// <param name="Failures">Queues that could not be archived, and why; the others were.</param>
public sealed record ArchiveReport(
    long Tickets, long Kept, int Parts, int Days, long Bytes, long RawBytes, int Busy, bool Complete, IReadOnlyList<ArchiveFailure> Failures)
{
    /// <summary>Tickets that were deleted, since their queues keep nothing beyond the hot retention.</summary>
    public long Deleted { get; init; }

    internal static readonly ArchiveReport Nothing = new(0, 0, 0, 0, 0, 0, 0, true, []);

    public static ArchiveReport operator +(ArchiveReport a, ArchiveReport b) => new(
        a.Tickets + b.Tickets, a.Kept + b.Kept, a.Parts + b.Parts, a.Days + b.Days, a.Bytes + b.Bytes, a.RawBytes + b.RawBytes,
        a.Busy + b.Busy, a.Complete && b.Complete, [.. a.Failures, .. b.Failures])
    {
        Deleted = a.Deleted + b.Deleted,
    };
}

/// <param name="Part">The part that could not be read back as written, when that was the failure.</param>
public sealed record ArchiveFailure(string Queue, string Shard, string? Part, string Reason);
