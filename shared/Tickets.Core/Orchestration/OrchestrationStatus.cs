namespace Tickets.Core.Orchestration;

public enum OrchestrationRuntimeStatus
{
    Running = 0,
    Completed = 1,
    Failed = 2,
    Terminated = 3,

    /// <summary>Has not run a step.</summary>
    Pending = 4,

    /// <summary>Stopped by somebody, until it is resumed.</summary>
    Suspended = 5,

    /// <summary>Cannot go on by a fault of its code or its data; set aside with the reason until it is resumed.</summary>
    Parked = 6,
}

/// <summary>There is an orchestration with this id already.</summary>
public sealed class OrchestrationAlreadyExistsException(string instanceId)
    : Exception($"There is already an orchestration '{instanceId}'.")
{
    public string InstanceId { get; } = instanceId;
}

/// <summary>There is no such orchestration, or it is not in a state in which this can be done.</summary>
public sealed class OrchestrationStateException(string message) : Exception(message);
