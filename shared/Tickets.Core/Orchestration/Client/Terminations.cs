using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Client;

/// <summary>
/// Ends orchestrations from outside, in whatever state they are: no worker is asked. One that holds an instance loses its lease with the instance's row, so nothing
/// that it still does can be recorded.
/// </summary>
internal static class Terminations
{
    /// <summary>Those of the instance and, where wanted, of all below it that have not ended, with their parents.</summary>
    private const string Unended =
        """
        with recursive tree as (
            select instance_id, parent_id, status from orchestrations where instance_id = $1
            union all
            select child.instance_id, child.parent_id, child.status from orchestrations child join tree on child.parent_id = tree.instance_id where $2)
        select instance_id, parent_id from tree where status = 0
        """;

    /// <returns>How many were ended; to be called again until none is left, because those below may begin others meanwhile.</returns>
    public static async Task<int> EndAsync(NpgsqlConnection connection, string instanceId, string? output, bool recursive, DateTimeOffset now, CancellationToken cancel)
    {
        var (ids, parents) = await UnendedAsync(connection, instanceId, recursive, cancel);
        if (ids.Length == 0)
            return 0;
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in Commands(ids, parents, output, now))
            batch.BatchCommands.Add(command);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var ended = 0;
        while (await reader.ReadAsync(cancel))
            ended++;
        return ended;
    }

    /// <summary>Locks an instance, all below it that have not ended, and their parents.</summary>
    public static async Task HoldAsync(NpgsqlConnection connection, string instanceId, CancellationToken cancel)
    {
        var (ids, parents) = await UnendedAsync(connection, instanceId, recursive: true, cancel);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(OrchestrationStatements.Hold([instanceId, .. ids.OfType<string>(), .. parents]));
        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<(string?[] Ids, List<string> Parents)> UnendedAsync(NpgsqlConnection connection, string instanceId, bool recursive, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Unended, connection);
        command.Parameters.Add(Sql.Value(instanceId));
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = recursive });
        var (ids, parents) = (new List<string?>(), new List<string>());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            ids.Add(reader.GetString(0));
            if (reader.TextOrNull(1) is { } parent)
                parents.Add(parent);
        }

        return ([.. ids], parents);
    }

    private static IEnumerable<NpgsqlBatchCommand> Commands(string?[] ids, List<string> parents, string? output, DateTimeOffset now)
    {
        var step = HistoryJson.Text(new HistoryStep(now.UtcDateTime, [], [new HistoryEvent { Kind = HistoryEventKind.ExecutionTerminated, Data = output }]));
        var failure = JsonSerializer.Serialize(new TaskFailureDetails("Terminated", "The sub-orchestration was terminated."), HistoryJson.Rows.TaskFailureDetails);
        yield return OrchestrationStatements.Hold([.. ids.OfType<string>(), .. parents]);
        yield return Sql.Command(
            """
            insert into orchestration_history (instance_id, execution, step, body)
            select r.instance_id, o.execution, r.steps + 1, $2 from orchestration_ready r join orchestrations o using (instance_id) where r.instance_id = any($1)
            """,
            Sql.Array(ids),
            Sql.Json(step));
        yield return Sql.Command(
            """
            with ended as (
                select o.parent_id, o.parent_execution, o.parent_task from orchestration_ready r join orchestrations o using (instance_id)
                where r.instance_id = any($1) and o.parent_id <> all($1)),
            told as (
                update orchestration_ready r
                set pending = r.pending + n.messages, due_at = case when r.owner is null and r.stalled is null then least(r.due_at, $3) else r.due_at end
                from (select parent_id, count(*)::int as messages from ended group by parent_id) n where r.instance_id = n.parent_id
                returning r.instance_id)
            insert into orchestration_inbox (instance_id, execution, body)
            select parent_id, parent_execution, json_build_object('kind', 'SubOrchestrationInstanceFailed', 'id', parent_task, 'failure', $2) from ended join told on told.instance_id = ended.parent_id
            """,
            Sql.Array(ids),
            Sql.Json(failure),
            Sql.Value(now));
        yield return Sql.Command(
            """
            update orchestrations o set status = 3, output = $2, completed_at = $3, carried = null
            from orchestration_ready r where r.instance_id = o.instance_id and r.instance_id = any($1)
            """,
            Sql.Array(ids),
            new NpgsqlParameter<string?> { TypedValue = output, NpgsqlDbType = NpgsqlDbType.Json },
            Sql.Value(now));
        yield return Sql.Command("delete from orchestration_inbox where instance_id = any($1)", Sql.Array(ids));
        yield return Sql.Command("delete from orchestration_activities where instance_id = any($1)", Sql.Array(ids));
        yield return Sql.Command("delete from orchestration_ready where instance_id = any($1) returning 1", Sql.Array(ids));
    }
}
