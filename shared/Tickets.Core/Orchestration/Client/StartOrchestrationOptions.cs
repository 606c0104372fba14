namespace Tickets.Core.Orchestration.Client;

/// <param name="InstanceId">At most 256 characters; null makes one.</param>
/// <param name="StartAt">Not before then.</param>
public sealed record StartOrchestrationOptions(string? InstanceId = null, DateTimeOffset? StartAt = null)
{
    public string? Version { get; init; }
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>
    /// The states in which an orchestration of the same id makes the start fail. One in any other state is replaced, and terminated first if it has not ended.
    /// Null: every state, so an id is used once.
    /// </summary>
    public IReadOnlyList<OrchestrationRuntimeStatus>? DedupeStatuses { get; init; }
}
