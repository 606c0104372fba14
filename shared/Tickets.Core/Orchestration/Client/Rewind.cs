using Npgsql;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Replay;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Orchestration.Working;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Client;

/// <summary>
/// Takes a failed orchestration back to where it waited for what then made it fail (<see cref="RewoundHistory"/>): what succeeded comes in again, and what failed
/// is done again. Whatever it waits for comes: activities that nobody has are queued, children that have ended meanwhile are asked how, failed ones are
/// rewound themselves, and ended or forgotten ones begin anew. To be called in a transaction.
/// </summary>
internal static class Rewind
{
    /// <exception cref="OrchestrationStateException">It is none, or has not failed.</exception>
    public static async Task<bool> RunAsync(NpgsqlConnection connection, string instanceId, DateTimeOffset now, CancellationToken cancel)
    {
        var failed = await ReadAsync(connection, instanceId, cancel);
        var history = RewoundHistory.Of(failed.Steps);
        // Nobody hears of their end: the instance has no row to be told by yet.
        foreach (var child in history.Undone)
            await ForgetAsync(connection, child, now, cancel);
        await WriteAsync(connection, failed, history, now, cancel);
        foreach (var child in await ChildrenAsync(connection, failed, history.Open.Where(RewoundHistory.IsChild).ToList(), cancel))
            await ChildAsync(connection, failed, child, now, cancel);
        return true;
    }

    private static async Task ForgetAsync(NpgsqlConnection connection, HistoryEvent child, DateTimeOffset now, CancellationToken cancel)
    {
        await Terminations.EndAsync(connection, IdOf(child), output: null, recursive: true, now, cancel);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Purges.WithChildren(IdOf(child)));
        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static async Task WriteAsync(NpgsqlConnection connection, Failed failed, RewoundHistory history, DateTimeOffset now, CancellationToken cancel)
    {
        var id = failed.Identity.InstanceId;
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Command("delete from orchestration_history where instance_id = $1 and step > $2", Sql.Value(id), Sql.Value(history.Kept.Count)));
        batch.BatchCommands.Add(Sql.Command("update orchestrations set status = 0, completed_at = null, failure = null where instance_id = $1", Sql.Value(id)));
        batch.BatchCommands.Add(Sql.Command(
            "insert into orchestration_ready (instance_id, name, due_at, steps) select instance_id, lower(name), $2, $3 from orchestrations where instance_id = $1",
            Sql.Value(id),
            Sql.Value(now),
            Sql.Value(history.Kept.Count)));
        Tell(batch, failed, history.Again, now);
        // Those that a worker ran itself are run again by the next one that takes the instance up.
        foreach (var call in history.Open.Where(call => call.Queued).Select(call => ActivityCall.Of(failed.Identity, call, failed.TraceParent)))
        {
            batch.BatchCommands.Add(Sql.Command(
                "insert into orchestration_activities (instance_id, execution, task_id, name, due_at, body, key, trace_parent) values ($1, $2, $3, lower($4), $5, $6, $7, nullif($8, ''))",
                Sql.Value(id),
                Sql.Value(failed.Identity.Execution),
                Sql.Value(call.Event.Id),
                Sql.Value(call.Event.Name!),
                Sql.Value(now),
                Sql.Json(HistoryJson.Text(call.Event)),
                Sql.Value(call.Key),
                Sql.Value(failed.TraceParent ?? "")));
        }

        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static void Tell(NpgsqlBatch batch, Failed failed, IReadOnlyList<HistoryEvent> outcomes, DateTimeOffset now)
    {
        if (outcomes.Count > 0)
            batch.BatchCommands.Add(OrchestrationStatements.MessageCommand([.. outcomes.Select(one => new OrchestrationMessage(failed.Identity.InstanceId, failed.Identity.Execution, one))], now, returning: false));
    }

    /// <summary>How its children stand. One that runs is held until this commits: it then finds the row of its parent when it ends.</summary>
    private static async Task<List<Child>> ChildrenAsync(NpgsqlConnection connection, Failed parent, List<HistoryEvent> begun, CancellationToken cancel)
    {
        if (begun.Count == 0)
            return [];
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(OrchestrationStatements.Hold(begun.Select(IdOf)));
        batch.BatchCommands.Add(Sql.Command(
            """
            select instance_id, status, output from orchestrations
            where instance_id = any($1) and parent_id = $2 and parent_execution = $3
            """,
            Sql.Array([.. begun.Select(IdOf)]),
            Sql.Value(parent.Identity.InstanceId),
            Sql.Value(parent.Identity.Execution)));
        var found = new Dictionary<string, (OrchestrationRuntimeStatus Status, string? Output)>(StringComparer.Ordinal);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            found[reader.GetString(0)] = ((OrchestrationRuntimeStatus)reader.GetInt16(1), reader.TextOrNull(2));
        return begun.ConvertAll(child => found.TryGetValue(IdOf(child), out var row) ? new Child(child, row.Status, row.Output) : new Child(child, null, null));
    }

    private static async Task ChildAsync(NpgsqlConnection connection, Failed parent, Child child, DateTimeOffset now, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        switch (child.Status)
        {
            case OrchestrationRuntimeStatus.Running:
                return;
            case OrchestrationRuntimeStatus.Failed:
                await RunAsync(connection, IdOf(child.Begun), now, cancel);
                return;
            case OrchestrationRuntimeStatus.Completed:
                Tell(batch, parent, [Consequences.Outcome(child.Begun.Id, child.Output, failure: null)], now);
                break;
            default:
                // It was terminated, forgotten, or never came about because its id was taken.
                if (child.Status is not null)
                    await ForgetAsync(connection, child.Begun, now, cancel);
                OrchestrationStart[] anew = [Consequences.Child(parent.Identity, child.Begun, parent.TraceParent)];
                batch.BatchCommands.Add(OrchestrationStatements.StartCommand(anew, now, returning: false));
                batch.BatchCommands.Add(OrchestrationStatements.RefusedCommand(anew, now));
                break;
        }

        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static string IdOf(HistoryEvent child) => child.ChildId ?? child.InstanceId!;

    private static async Task<Failed> ReadAsync(NpgsqlConnection connection, string instanceId, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Command("select name, version, execution, created_at, parent_id, status, trace_parent from orchestrations where instance_id = $1 for update", Sql.Value(instanceId)));
        batch.BatchCommands.Add(Sql.Command("select h.body from orchestration_history h join orchestrations o using (instance_id, execution) where h.instance_id = $1 order by h.step", Sql.Value(instanceId)));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            throw new OrchestrationStateException($"There is no orchestration '{instanceId}'.");
        if (reader.GetInt16(5) != (short)OrchestrationRuntimeStatus.Failed)
            throw new OrchestrationStateException($"Orchestration '{instanceId}' has not failed.");
        var identity = new ExecutionIdentity(instanceId, reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.Time(3).UtcDateTime, reader.TextOrNull(4));
        var trace = reader.TextOrNull(6);
        await reader.NextResultAsync(cancel);
        var steps = new List<HistoryStep>();
        while (await reader.ReadAsync(cancel))
            steps.Add(HistoryJson.Step(reader.GetString(0)));
        return new Failed(identity, trace, steps);
    }

    private sealed record Failed(ExecutionIdentity Identity, string? TraceParent, IReadOnlyList<HistoryStep> Steps);

    /// <param name="Status">Null when the id is not that of a child of this parent.</param>
    private sealed record Child(HistoryEvent Begun, OrchestrationRuntimeStatus? Status, string? Output);
}
