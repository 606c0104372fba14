namespace Tickets.Core.Operations;

/// <summary>The kinds of long operations: each is an orchestrator whose output is an <see cref="OperationOutcome"/> and whose custom status is the progress.</summary>
/// <param name="AtOnce">How many of the kind one key may have under way.</param>
/// <param name="GivesUp">Cancelled, it is told by <see cref="CancelEvent"/> and undoes what it has begun; others end where they are.</param>
public sealed record OperationKind(string Name, string Orchestrator, int AtOnce, bool GivesUp = false)
{
    public const string CancelEvent = "cancel";

    public static readonly OperationKind Scan = new("scan", "ScanColdTier", AtOnce: 2);
    public static readonly OperationKind Restore = new("restore", "RestoreTicket", AtOnce: 100);
    public static readonly OperationKind Erase = new("erase", "EraseTickets", AtOnce: 10);
    public static readonly OperationKind RebuildIndex = new("rebuild_index", "RebuildIndex", AtOnce: 2);
    public static readonly OperationKind MoveQueue = new("move_queue", "MoveQueue", AtOnce: 10, GivesUp: true);

    public static IReadOnlyList<OperationKind> All { get; } = [Scan, Restore, Erase, RebuildIndex, MoveQueue];
}
