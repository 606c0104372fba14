namespace Tickets.Client;

/// <summary>Which orchestrations to list; what is null is not asked for.</summary>
public sealed record OrchestrationFilter
{
    public static OrchestrationFilter All { get; } = new();

    /// <summary>Of the orchestrator.</summary>
    public string? Name { get; init; }

    /// <summary>Any of <c>pending</c>, <c>running</c>, <c>completed</c>, <c>failed</c>, <c>terminated</c>, <c>suspended</c>, <c>parked</c>.</summary>
    public IReadOnlyList<string>? Statuses { get; init; }

    public string? InstanceIdPrefix { get; init; }
}
