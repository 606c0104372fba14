namespace Tickets.Core.Orchestration.Client;

/// <summary>An orchestration as it stands.</summary>
public sealed record OrchestrationMetadata(string Name, string InstanceId)
{
    public required OrchestrationRuntimeStatus RuntimeStatus { get; init; }
    public string Version { get; init; } = "";
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of the last step.</summary>
    public required DateTimeOffset LastUpdatedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public string? ParentInstanceId { get; init; }
    public int Execution { get; init; }

    /// <summary>As JSON text; null also when they were not asked for.</summary>
    public string? SerializedInput { get; init; }
    public string? SerializedOutput { get; init; }
    public string? SerializedCustomStatus { get; init; }
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
    public TaskFailureDetails? FailureDetails { get; init; }

    /// <summary>Why it is suspended or parked.</summary>
    public string? Reason { get; init; }

    /// <summary>When it is next looked at; null when it waits for something to come in, or has ended.</summary>
    public DateTimeOffset? DueAt { get; init; }
    public string? Worker { get; init; }

    public bool IsCompleted => RuntimeStatus is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;
    public bool IsRunning => !IsCompleted;

    public T? ReadInputAs<T>() => Payload.To<T>(SerializedInput);
    public T? ReadOutputAs<T>() => Payload.To<T>(SerializedOutput);
    public T? ReadCustomStatusAs<T>() => Payload.To<T>(SerializedCustomStatus);
}
