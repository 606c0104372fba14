using System.Text.Json;

namespace Tickets.Contracts;

/// <summary>An orchestration for operators. <c>Hub</c> is the shard's name, or <c>settings</c>.</summary>
/// <param name="Status"><c>pending</c>, <c>running</c>, <c>completed</c>, <c>failed</c>, <c>terminated</c>, <c>suspended</c> or <c>parked</c>.</param>
public sealed record OrchestrationSummary(string Hub, string InstanceId, string Name, string Status, DateTimeOffset CreatedAt, DateTimeOffset LastUpdatedAt)
{
    public string? Version { get; init; }
    public string? ParentInstanceId { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public string? Worker { get; init; }

    /// <summary>Why it is suspended or parked, or why it failed.</summary>
    public string? Reason { get; init; }
    public JsonElement? CustomStatus { get; init; }
    public JsonElement? Input { get; init; }
    public JsonElement? Output { get; init; }
    public JsonElement? History { get; init; }
}

public sealed record OrchestrationList(IReadOnlyList<OrchestrationSummary> Orchestrations, string? NextCursor);

public sealed record OrchestrationAnswer(string Hub, string InstanceId, bool Done);

/// <summary>A process that works on orchestrations.</summary>
/// <param name="Status"><c>ok</c>, or <c>silent</c> when it has not been heard of for a minute.</param>
public sealed record OrchestrationWorkerInfo(string Hub, string Worker, string Status, DateTimeOffset StartedAt, DateTimeOffset SeenAt, long Stays, long Activities, long Failures, int Held, string? LastFailure);

/// <summary>The work that waits in one hub.</summary>
/// <param name="OldestDueSeconds">How late the oldest work is that nobody has taken up.</param>
public sealed record OrchestrationBacklog(string Hub, long Unended, long Due, double OldestDueSeconds, long Suspended, long Parked, long FailedLastDay);

public sealed record OrchestrationHealth(IReadOnlyList<OrchestrationBacklog> Hubs, IReadOnlyList<OrchestrationWorkerInfo> Workers);

/// <summary>A message for a user or group.</summary>
/// <param name="Kind"><c>acceptance_wanted</c>, <c>reminder</c>, <c>timed_out</c> or <c>error_ticket</c>.</param>
public sealed record Notification(string NotificationId, string Recipient, string Kind, string TicketId, string Queue, DateTimeOffset At, JsonElement Body);

public sealed record NotificationPage(IReadOnlyList<Notification> Notifications, string NextCursor);
