using Microsoft.Extensions.Logging;

namespace Tickets.Core.Orchestration;

internal static partial class OrchestrationLog
{
    [LoggerMessage(900, LogLevel.Warning, "The database of task hub could not be reached; trying again")]
    public static partial void HubAway(this ILogger log, Exception fault);

    [LoggerMessage(901, LogLevel.Warning, "The connection was lost while {Changes} orchestration changes were being committed; what they did is read again")]
    public static partial void CommitLost(this ILogger log, int changes, Exception fault);

    [LoggerMessage(902, LogLevel.Error, "The database refused an orchestration change with SQL state {SqlState}")]
    public static partial void ChangeRefused(this ILogger log, string sqlState, Exception fault);

    [LoggerMessage(903, LogLevel.Critical, "The writer of orchestration changes failed in a way that it does not know")]
    public static partial void WriterFailed(this ILogger log, Exception fault);

    [LoggerMessage(904, LogLevel.Error, "Orchestration {InstanceId} is parked until it is resumed: {Reason}")]
    public static partial void Parked(this ILogger log, string instanceId, string reason);

    [LoggerMessage(905, LogLevel.Warning, "No orchestrator here serves {Name} of version '{Version}'; orchestration {InstanceId} waits")]
    public static partial void UnknownVersion(this ILogger log, string name, string version, string instanceId);

    [LoggerMessage(906, LogLevel.Information, "Orchestration {InstanceId} was taken over or has ended elsewhere; what this process did about it does not count")]
    public static partial void Lost(this ILogger log, string instanceId);

    [LoggerMessage(907, LogLevel.Warning, "Whether a step of orchestration {InstanceId} was recorded is not known; it is read again")]
    public static partial void StepUnknown(this ILogger log, string instanceId, Exception fault);

    [LoggerMessage(908, LogLevel.Error, "Orchestration {InstanceId} could not be run; it is tried again")]
    public static partial void RunFailed(this ILogger log, string instanceId, Exception fault);

    [LoggerMessage(909, LogLevel.Warning, "Activity {Name} of orchestration {InstanceId} failed in attempt {Attempt}")]
    public static partial void ActivityFailed(this ILogger log, string name, string instanceId, int attempt, Exception fault);

    [LoggerMessage(910, LogLevel.Error, "Orchestrator code breaks a rule of determinism: {Fault}")]
    public static partial void BreaksRule(this ILogger log, string fault);
}
