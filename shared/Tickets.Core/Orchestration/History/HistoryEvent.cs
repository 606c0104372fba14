using System.Text.Json.Serialization;

namespace Tickets.Core.Orchestration.History;

public enum HistoryEventKind
{
    ExecutionStarted,
    TaskScheduled,
    TaskCompleted,
    TaskFailed,
    SubOrchestrationInstanceCreated,
    SubOrchestrationInstanceCompleted,
    SubOrchestrationInstanceFailed,
    TimerCreated,
    TimerFired,
    EventSent,
    EventRaised,
    ContinueAsNew,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionTerminated,
}

/// <summary>One thing that happened to an orchestration, or that it did. Which members stand depends on the kind.</summary>
public sealed record HistoryEvent
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required HistoryEventKind Kind { get; init; }

    /// <summary>Of the task, timer or sub-orchestration; they are numbered from 1 in the order in which the code makes them.</summary>
    public int Id { get; init; }

    public string? Name { get; init; }
    public string? Version { get; init; }

    /// <summary>The other orchestration: a child, or whom an event was sent to.</summary>
    public string? InstanceId { get; init; }

    /// <summary>
    /// Of a child whose id the caller left open: the id that it has. <see cref="InstanceId"/> then has the id that it would have had before ids were told apart over
    /// several lives of one parent: every version that runs the step again compares that one.
    /// </summary>
    public string? ChildId { get; init; }

    /// <summary>Input, output or payload as JSON text.</summary>
    [JsonConverter(typeof(RawJson))]
    public string? Data { get; init; }

    public TaskFailureDetails? Failure { get; init; }
    public DateTime? FireAt { get; init; }

    /// <summary>Of a call that is tried again: which attempt this is, and the id of its first.</summary>
    public int Attempt { get; init; }
    public int Origin { get; init; }
    public TimeSpan? Timeout { get; init; }

    /// <summary>The activity waits in the table for any process; else the process that recorded it runs it.</summary>
    public bool Queued { get; init; }

    public IReadOnlyDictionary<string, string>? Tags { get; init; }
}
