namespace Tickets.Core.Orchestration;

/// <summary>How an activity or a sub-orchestration is called.</summary>
public record TaskOptions(TaskRetryOptions? Retry = null, IReadOnlyDictionary<string, string>? Tags = null)
{
    /// <summary>Of the orchestrator or activity to call; null takes the worker's default.</summary>
    public string? Version { get; init; }

    /// <summary>For one attempt of an activity: then its token fires and the attempt has failed with a <see cref="TimeoutException"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    public static TaskOptions FromRetryPolicy(RetryPolicy policy) => new(new TaskRetryOptions(policy));
    public static TaskOptions FromRetryHandler(AsyncRetryHandler handler) => new(new TaskRetryOptions(handler));
    public static TaskOptions FromRetryHandler(RetryHandler handler) => new(new TaskRetryOptions(context => Task.FromResult(handler(context))));

    public SubOrchestrationOptions WithInstanceId(string instanceId) => new(this, instanceId);
}

/// <summary>How a sub-orchestration is called.</summary>
public record SubOrchestrationOptions : TaskOptions
{
    public SubOrchestrationOptions(TaskOptions options, string? instanceId = null)
        : base(options) => InstanceId = instanceId;

    public SubOrchestrationOptions(TaskRetryOptions? retry = null, string? instanceId = null)
        : base(retry) => InstanceId = instanceId;

    /// <summary>Null: one is made from the caller's. If an orchestration with this id exists, the call fails.</summary>
    public string? InstanceId { get; init; }
}

/// <summary>When a failed call is tried again: by a policy, or by asking.</summary>
public sealed class TaskRetryOptions
{
    public TaskRetryOptions(RetryPolicy policy) => Policy = policy;
    public TaskRetryOptions(AsyncRetryHandler handler) => Handler = handler;

    public RetryPolicy? Policy { get; }
    public AsyncRetryHandler? Handler { get; }

    public static implicit operator TaskRetryOptions(RetryPolicy policy) => new(policy);
    public static implicit operator TaskRetryOptions(AsyncRetryHandler handler) => new(handler);
}

/// <summary>True to try again. Runs as part of the orchestrator, so it must be deterministic; it may wait on timers of the context.</summary>
public delegate Task<bool> AsyncRetryHandler(RetryContext context);

/// <inheritdoc cref="AsyncRetryHandler"/>
public delegate bool RetryHandler(RetryContext context);

public sealed record RetryContext(TaskOrchestrationContext OrchestrationContext, int LastAttemptNumber, TaskFailureDetails LastFailure, TimeSpan TotalRetryTime);
