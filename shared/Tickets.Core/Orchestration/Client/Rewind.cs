using Npgsql;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Replay;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Client;

/// <summary>
/// Takes a failed orchestration back to where it waited for what then failed. Its last steps, in which the code began nothing more, are taken out of the history:
/// what succeeded in them comes in again, and what failed is done again.
/// </summary>
internal static class Rewind
{
    /// <exception cref="OrchestrationStateException">It, or one below it that made it fail, cannot be rewound.</exception>
    public static async Task<bool> RunAsync(NpgsqlConnection connection, string instanceId, DateTimeOffset now, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await OneAsync(connection, instanceId, now, cancel);
        await transaction.CommitAsync(cancel);
        return true;
    }

    private static async Task OneAsync(NpgsqlConnection connection, string instanceId, DateTimeOffset now, CancellationToken cancel)
    {
        var instance = await ReadAsync(connection, instanceId, cancel);
        var (kept, again, failed) = Part(instance.Steps);
        foreach (var child in failed.Where(outcome => outcome.Kind == HistoryEventKind.SubOrchestrationInstanceFailed))
            await OneAsync(connection, Begun(kept, child.Id).InstanceId!, now, cancel);

        var queued = failed.Where(outcome => outcome.Kind == HistoryEventKind.TaskFailed).Select(outcome => Begun(kept, outcome.Id)).Where(call => call.Queued).ToList();
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Command("delete from orchestration_history where instance_id = $1 and step > $2", Sql.Value(instanceId), Sql.Value(kept.Count)));
        batch.BatchCommands.Add(Sql.Command("update orchestrations set status = 0, completed_at = null, failure = null where instance_id = $1", Sql.Value(instanceId)));
        batch.BatchCommands.Add(Sql.Command(
            "insert into orchestration_ready (instance_id, name, due_at, steps, pending) select instance_id, lower(name), $2, $3, $4 from orchestrations where instance_id = $1",
            Sql.Value(instanceId),
            Sql.Value(now),
            Sql.Value(kept.Count),
            Sql.Value(again.Count)));
        foreach (var outcome in again)
            batch.BatchCommands.Add(Sql.Command("insert into orchestration_inbox (instance_id, execution, body) values ($1, $2, $3)", Sql.Value(instanceId), Sql.Value(instance.Execution), Sql.Json(HistoryJson.Text(outcome))));
        foreach (var call in queued.Select(call => ActivityCall.Of(instance.Identity, call, null)))
        {
            batch.BatchCommands.Add(Sql.Command(
                "insert into orchestration_activities (instance_id, execution, task_id, name, due_at, body, key) values ($1, $2, $3, lower($4), $5, $6, $7)",
                Sql.Value(instanceId),
                Sql.Value(instance.Execution),
                Sql.Value(call.Event.Id),
                Sql.Value(call.Event.Name!),
                Sql.Value(now),
                Sql.Json(HistoryJson.Text(call.Event)),
                Sql.Value(call.Key)));
        }

        await batch.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The steps to keep; what came in after them and stands; what came in after them and failed.</summary>
    internal static (List<HistoryStep> Kept, List<HistoryEvent> Again, List<HistoryEvent> Failed) Part(List<HistoryStep> steps)
    {
        var last = steps.Count;
        while (last > 1 && steps[last - 1].Out.All(did => did.Kind == HistoryEventKind.ExecutionFailed))
            last--;
        // The first step has nothing that could be done again but itself.
        if (last == 1 && steps[0].Out.Any(did => did.Kind == HistoryEventKind.ExecutionFailed))
            last = 0;
        var undone = steps.Skip(last).SelectMany(step => step.In).Where(one => one.Kind is not (HistoryEventKind.ExecutionStarted or HistoryEventKind.TimerFired)).ToList();
        return (
            steps.Take(last).ToList(),
            undone.Where(one => one.Failure is null).ToList(),
            undone.Where(one => one.Failure is not null).ToList());
    }

    private static HistoryEvent Begun(List<HistoryStep> kept, int id) => kept.SelectMany(step => step.Out).First(did => did.Id == id);

    private static async Task<(ExecutionIdentity Identity, int Execution, List<HistoryStep> Steps)> ReadAsync(NpgsqlConnection connection, string instanceId, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Command("select name, version, execution, created_at, parent_id, status from orchestrations where instance_id = $1 for update", Sql.Value(instanceId)));
        batch.BatchCommands.Add(Sql.Command("select h.body from orchestration_history h join orchestrations o using (instance_id, execution) where h.instance_id = $1 order by h.step", Sql.Value(instanceId)));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            throw new OrchestrationStateException($"There is no orchestration '{instanceId}'.");
        if (reader.GetInt16(5) != (short)OrchestrationRuntimeStatus.Failed)
            throw new OrchestrationStateException($"Orchestration '{instanceId}' has not failed.");
        var identity = new ExecutionIdentity(instanceId, reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.Time(3).UtcDateTime, reader.TextOrNull(4));
        await reader.NextResultAsync(cancel);
        var steps = new List<HistoryStep>();
        while (await reader.ReadAsync(cancel))
            steps.Add(HistoryJson.Step(reader.GetString(0)));
        return (identity, identity.Execution, steps);
    }
}
