using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Client;

/// <summary>Orchestrations of all hubs, for operators.</summary>
public sealed class OrchestrationReads(TaskHubs hubs, TimeProvider clock)
{
    private static readonly TimeSpan Silent = TimeSpan.FromMinutes(1);

    /// <summary>The hub of this name; null when there is none.</summary>
    public TaskHub? Hub(string name) => hubs.All.Where(hub => hub.Name == name).Select(hub => hub.Hub).FirstOrDefault();

    public async Task<Result<OrchestrationList>> ListAsync(string hub, OrchestrationQuery query, CancellationToken cancel)
    {
        if (Hub(hub) is not { } found)
            return Problems.NotFound($"There is no task hub '{hub}'.");
        try
        {
            var page = await found.Client.ListInstancesAsync(query, cancel);
            return new OrchestrationList(page.Values.Select(one => Summary(hub, one)).ToList(), page.ContinuationToken);
        }
        catch (ArgumentException)
        {
            return Problems.InvalidCursor("The cursor was not issued here.");
        }
    }

    public async Task<Result<OrchestrationSummary>> FindAsync(string hub, string instanceId, CancellationToken cancel)
    {
        if (Hub(hub) is not { } found)
            return Problems.NotFound($"There is no task hub '{hub}'.");
        if (await found.Client.GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancel) is not { } instance)
            return Problems.NotFound($"There is no orchestration '{instanceId}' in hub '{hub}'.");
        var history = await found.Client.GetOrchestrationHistoryAsync(instanceId, cancel);
        return Summary(hub, instance) with { History = Element($"[{string.Join(',', history.Select(HistoryJson.Text))}]") };
    }

    /// <summary>Work that waits and processes that work, from the databases (L6).</summary>
    public async Task<OrchestrationHealth> HealthAsync(CancellationToken cancel)
    {
        var (backlogs, workers) = (new List<OrchestrationBacklog>(), new List<OrchestrationWorkerInfo>());
        foreach (var (name, hub) in hubs.All)
        {
            backlogs.Add(await BacklogAsync(name, hub.Database, cancel));
            workers.AddRange(await WorkersAsync(name, hub.Database, cancel));
        }

        return new OrchestrationHealth(backlogs, workers);
    }

    private async Task<OrchestrationBacklog> BacklogAsync(string name, HubDatabase database, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var rows = await database.QueryAsync(
            "backlog",
            """
            select (select count(*) from orchestration_ready), (select count(*) from orchestration_ready where due_at <= $1 and owner is null),
                (select min(due_at) from orchestration_ready where due_at <= $1 and owner is null),
                (select count(*) from orchestration_ready where stalled = 1), (select count(*) from orchestration_ready where stalled = 2),
                (select count(*) from orchestrations where status = 2 and created_at > $2)
            """,
            [Sql.Value(now), Sql.Value(now.AddDays(-1))],
            row => new OrchestrationBacklog(name, row.GetInt64(0), row.GetInt64(1), row.TimeOrNull(2) is { } oldest ? (now - oldest).TotalSeconds : 0, row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)),
            cancel);
        return rows[0];
    }

    private Task<List<OrchestrationWorkerInfo>> WorkersAsync(string name, HubDatabase database, CancellationToken cancel) => database.QueryAsync(
        "workers",
        "select worker, started_at, seen_at, steps, activities, failures, held, last_failure from orchestration_workers order by seen_at desc limit 200",
        [],
        row => new OrchestrationWorkerInfo(
            name, row.GetString(0), clock.GetUtcNow() - row.Time(2) > Silent ? "silent" : "ok", row.Time(1), row.Time(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt32(6), row.TextOrNull(7)),
        cancel);

    private static OrchestrationSummary Summary(string hub, OrchestrationMetadata one) =>
        new(hub, one.InstanceId, one.Name, one.RuntimeStatus.ToString().ToLowerInvariant(), one.CreatedAt, one.LastUpdatedAt)
        {
            Version = one.Version.Length == 0 ? null : one.Version,
            ParentInstanceId = one.ParentInstanceId,
            CompletedAt = one.CompletedAt,
            DueAt = one.DueAt,
            Worker = one.Worker,
            Reason = one.Reason ?? one.FailureDetails?.ToString(),
            CustomStatus = Element(one.SerializedCustomStatus),
            Input = Element(one.SerializedInput),
            Output = Element(one.SerializedOutput),
        };

    private static JsonElement? Element(string? json)
    {
        if (json is null)
            return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
