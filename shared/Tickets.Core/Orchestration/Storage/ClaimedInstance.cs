using System.Globalization;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Replay;

namespace Tickets.Core.Orchestration.Storage;

/// <summary>An instance that this worker has taken up, as it stood then.</summary>
internal sealed record ClaimedInstance
{
    public required Lease Lease { get; init; }
    public required ExecutionIdentity Identity { get; init; }
    public required DateTime StartAt { get; init; }
    public required string? Input { get; init; }
    public required string? CustomStatus { get; init; }
    public required string? TraceParent { get; init; }
    public required int? ParentExecution { get; init; }
    public required int? ParentTask { get; init; }
    public required int Steps { get; init; }
    public required int Pending { get; init; }

    /// <summary>How often it was taken up and never given back since the last step that was recorded.</summary>
    public required int Attempts { get; init; }
    public required bool IsStalled { get; init; }

    /// <summary>Events that the last execution left to this one.</summary>
    public required IReadOnlyList<HistoryEvent> Carried { get; init; }

    public IReadOnlyList<HistoryStep> History { get; init; } = [];
    public IReadOnlyList<InboxMessage> Inbox { get; init; } = [];
}

internal sealed record InboxMessage(long Seq, int? Execution, HistoryEvent Body);

/// <summary>A queued activity that this worker has taken up.</summary>
internal sealed record ClaimedActivity(Lease Lease, int Execution, int TaskId, int Attempts, ActivityCall Call);

/// <param name="Key">See <see cref="TaskActivityContext"/>.</param>
internal sealed record ActivityCall(string InstanceId, HistoryEvent Event, string Key, string? TraceParent)
{
    public static ActivityCall Of(ExecutionIdentity identity, HistoryEvent call, string? traceParent) =>
        new(identity.InstanceId, call, string.Create(CultureInfo.InvariantCulture, $"{identity.Key}/{call.Origin}"), traceParent);
}
