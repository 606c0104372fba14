namespace Tickets.Core.Orchestration.Storage;

/// <summary>An orchestration to be started.</summary>
/// <param name="Input">JSON text.</param>
public sealed record OrchestrationStart(string InstanceId, TaskName Name, string? Input)
{
    public string Version { get; init; } = "";

    /// <summary>Not before then, whatever comes in.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>When it is first looked at, unless something comes in before.</summary>
    public DateTimeOffset? FirstLook { get; init; }

    public IReadOnlyDictionary<string, string>? Tags { get; init; }
    public string? TraceParent { get; init; }

    internal string? ParentId { get; init; }
    internal int? ParentExecution { get; init; }
    internal int? ParentTask { get; init; }

    /// <summary>With its input made from a value.</summary>
    public static OrchestrationStart Of(string instanceId, TaskName name, object? input) => new(instanceId, name, Payload.From(input));
}

/// <summary>An event for an orchestration.</summary>
/// <param name="Payload">JSON text.</param>
public sealed record OrchestrationEvent(string InstanceId, string Name, string? Payload)
{
    public static OrchestrationEvent Of(string instanceId, string name, object? payload) => new(instanceId, name, Orchestration.Payload.From(payload));
}
