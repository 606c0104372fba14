using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Replay;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration.Working;

/// <summary>What an orchestration's doings mean for others: its children, its parent, those whom it tells, those who wait for its end.</summary>
internal static class Consequences
{
    /// <summary>Null for an execution that has not ended, or begins anew.</summary>
    public static Ending? Ending(HistoryEvent? end) => end?.Kind switch
    {
        HistoryEventKind.ExecutionCompleted => new Ending(OrchestrationRuntimeStatus.Completed, end.Data, null),
        HistoryEventKind.ExecutionFailed => new Ending(OrchestrationRuntimeStatus.Failed, null, end.Failure),
        _ => null,
    };

    public static OrchestrationMetadata Final(ClaimedInstance claimed, Ending ending, string? customStatus, DateTimeOffset now) => new(claimed.Identity.Name.Name, claimed.Lease.InstanceId)
    {
        RuntimeStatus = ending.Status,
        Version = claimed.Identity.Version,
        CreatedAt = new DateTimeOffset(claimed.Identity.Started, TimeSpan.Zero),
        LastUpdatedAt = now,
        CompletedAt = now,
        ParentInstanceId = claimed.Identity.ParentId,
        Execution = claimed.Identity.Execution,
        SerializedInput = claimed.Facts.Input,
        SerializedOutput = ending.Output,
        SerializedCustomStatus = customStatus,
        FailureDetails = ending.Failure,
    };

    public static OrchestrationStart Child(ExecutionIdentity parent, HistoryEvent created, string? traceParent) => new(created.ChildId ?? created.InstanceId!, created.Name!, created.Data)
    {
        Version = created.Version ?? "",
        Tags = created.Tags,
        TraceParent = traceParent,
        ParentId = parent.InstanceId,
        ParentExecution = parent.Execution,
        ParentTask = created.Id,
    };

    public static OrchestrationMessage Sent(HistoryEvent sent) =>
        new(sent.InstanceId!, null, new HistoryEvent { Kind = HistoryEventKind.EventRaised, Name = sent.Name, Data = sent.Data });

    public static IEnumerable<OrchestrationMessage> ToParent(ClaimedInstance claimed, HistoryEvent? end)
    {
        if (claimed.Identity.ParentId is { } parent && Ending(end) is { } ending)
            yield return new OrchestrationMessage(parent, claimed.Facts.ParentExecution, Outcome(claimed.Facts.ParentTask ?? 0, ending.Output, ending.Failure));
    }

    /// <summary>What a parent hears of a child's end.</summary>
    public static HistoryEvent Outcome(int task, string? output, TaskFailureDetails? failure) => new()
    {
        Kind = failure is null ? HistoryEventKind.SubOrchestrationInstanceCompleted : HistoryEventKind.SubOrchestrationInstanceFailed,
        Id = task,
        Data = output,
        Failure = failure,
    };
}
