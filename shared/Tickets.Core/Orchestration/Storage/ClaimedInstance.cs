using System.Globalization;
using System.Text.Json;
using Npgsql;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Replay;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Storage;

/// <summary>An instance that this worker has taken up, as it stood then.</summary>
/// <param name="Queued">Task ids of its activities in the table.</param>
internal sealed record ClaimedInstance(Claim Claim, ExecutionFacts Facts, IReadOnlyList<HistoryStep> History, IReadOnlyList<InboxMessage> Inbox, IReadOnlyList<int> Queued)
{
    public Lease Lease => Claim.Lease;
    public ExecutionIdentity Identity => Facts.Identity;
}

/// <param name="Attempts">How often it failed by its own fault, or ended its process, since the last step that was recorded.</param>
/// <param name="IsTakenOver">From a worker that had not given it back.</param>
/// <param name="Facts">Null where they are to be read under the lease.</param>
internal sealed record Claim(Lease Lease, int Pending, int Steps, int Attempts, bool IsStalled, bool IsTakenOver, ExecutionFacts? Facts)
{
    /// <param name="past">What was read under the lease, if anything was.</param>
    /// <returns>Null when there is no such instance any more.</returns>
    public ClaimedInstance? With(Past? past) => (past?.Facts ?? Facts) is { } facts ? new ClaimedInstance(this, facts, past?.History ?? [], past?.Inbox ?? [], past?.Queued ?? []) : null;
}

/// <summary>What an execution was started with.</summary>
/// <param name="Carried">Events that the last execution left to this one.</param>
internal sealed record ExecutionFacts(
    ExecutionIdentity Identity, DateTime StartAt, int? ParentExecution, int? ParentTask, string? Input, string? CustomStatus, IReadOnlyList<HistoryEvent> Carried, string? TraceParent)
{
    public const string Columns = "o.name, o.version, o.execution, o.created_at, o.start_at, o.parent_id, o.parent_execution, o.parent_task, o.input, o.custom_status, o.carried, o.trace_parent";

    /// <param name="at">Where in the row the <see cref="Columns"/> begin.</param>
    public static ExecutionFacts Read(NpgsqlDataReader row, string id, int at) => new(
        new ExecutionIdentity(id, row.GetString(at), row.GetString(at + 1), row.GetInt32(at + 2), row.Time(at + 3).UtcDateTime, row.TextOrNull(at + 5)),
        row.Time(at + 4).UtcDateTime,
        row.IsDBNull(at + 6) ? null : row.GetInt32(at + 6),
        row.IsDBNull(at + 7) ? null : row.GetInt32(at + 7),
        row.TextOrNull(at + 8),
        row.TextOrNull(at + 9),
        row.TextOrNull(at + 10) is { } carried ? JsonSerializer.Deserialize(carried, HistoryJson.Rows.ListHistoryEvent)! : [],
        row.TextOrNull(at + 11));
}

/// <summary>What an instance has behind it and before it.</summary>
internal sealed record Past(ExecutionFacts Facts, List<HistoryStep> History, List<InboxMessage> Inbox, List<int> Queued);

internal sealed record InboxMessage(long Seq, int? Execution, HistoryEvent Body);

/// <summary>A queued activity that this worker has taken up.</summary>
/// <param name="Attempts">How often it has ended its process.</param>
/// <param name="IsTakenOver">From a worker that had not given it back.</param>
internal sealed record ClaimedActivity(Lease Lease, int Execution, int TaskId, int Attempts, bool IsTakenOver, ActivityCall Call);

/// <param name="Key">See <see cref="TaskActivityContext"/>.</param>
internal sealed record ActivityCall(string InstanceId, HistoryEvent Event, string Key, string? TraceParent)
{
    public static ActivityCall Of(ExecutionIdentity identity, HistoryEvent call, string? traceParent) =>
        new(identity.InstanceId, call, string.Create(CultureInfo.InvariantCulture, $"{identity.Key}/{call.Origin}"), traceParent);
}
