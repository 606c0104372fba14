namespace Tickets.Client;

/// <summary>What must stand for a workflow or queue to be stored; otherwise 412 <c>precondition_failed</c>.</summary>
public readonly record struct RevisionCondition
{
    /// <summary>Nothing is stored under this name yet.</summary>
    public static RevisionCondition Absent => default;

    internal long? Revision { get; private init; }

    /// <summary>The stored revision is this one.</summary>
    public static RevisionCondition Is(long revision) => new() { Revision = revision };

    internal TicketsRequest On(TicketsRequest request) => Revision is { } revision
        ? request with { IfMatch = revision }
        : request with { IfNoneMatch = true };
}
