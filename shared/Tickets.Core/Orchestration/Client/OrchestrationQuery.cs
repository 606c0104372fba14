namespace Tickets.Core.Orchestration.Client;

/// <summary>Which orchestrations; what is left out does not matter. Newest first.</summary>
public sealed record OrchestrationQuery
{
    public string? Name { get; init; }
    public IReadOnlyCollection<OrchestrationRuntimeStatus>? Statuses { get; init; }
    public DateTimeOffset? CreatedFrom { get; init; }
    public DateTimeOffset? CreatedTo { get; init; }
    public DateTimeOffset? CompletedTo { get; init; }
    public string? InstanceIdPrefix { get; init; }
    public string? ParentInstanceId { get; init; }

    /// <summary>All of these.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }
    public bool FetchInputsAndOutputs { get; init; }

    /// <summary>1 to 1000.</summary>
    public int PageSize { get; init; } = 100;

    /// <summary>From the page before.</summary>
    public string? ContinuationToken { get; init; }
}

public sealed record Page<T>(IReadOnlyList<T> Values, string? ContinuationToken);

/// <summary>Which ended orchestrations to forget.</summary>
public sealed record PurgeInstancesFilter(DateTimeOffset? CreatedFrom = null, DateTimeOffset? CreatedTo = null, IReadOnlyCollection<OrchestrationRuntimeStatus>? Statuses = null)
{
    public DateTimeOffset? CompletedTo { get; init; }
    public string? Name { get; init; }
}
