using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Workflows;

namespace Tickets.Core.Settings;

/// <summary>Changes of workflows and queues. The caller sees its own change at once, other processes within their refresh interval.</summary>
public sealed class SettingsWrites(SettingsDatabase database, SettingsCache cache, ShardSet shards, TimeProvider clock)
{
    private static readonly TimeSpan DefaultRetention = TimeSpan.FromDays(7);
    private static readonly TimeSpan MaxRetention = TimeSpan.FromDays(36_525);

    /// <returns>The workflow as stored; 403 when <paramref name="caller"/> does not reach all that it would change.</returns>
    public async Task<Result<Workflow>> PutWorkflowAsync(string workflowId, JsonElement body, PutPrecondition precondition, Caller caller, CancellationToken cancel)
    {
        var read = WorkflowReader.Read(body);
        if (read.IsProblem)
            return read.Problem;
        var workflow = read.Value;
        if (workflow.WorkflowId != workflowId)
            return Problems.Invalid("/workflow_id", $"The body is of workflow '{workflow.WorkflowId}', the address of '{workflowId}'.");

        var result = await database.ChangeAsync<Workflow>(
            caller.KeyId,
            clock.GetUtcNow(),
            async change =>
            {
                var (connection, revision) = (change.Connection, change.Revision);
                // Nobody else changes settings meanwhile: who uses the workflow now is who will feel the change.
                var users = await UsersAsync(connection, workflowId, cancel);
                if (!WorkflowReach.MayChange(caller, workflowId, users))
                    return Problems.ForbiddenWorkflow(workflowId);
                var old = await ReadAsync(connection, "select body, revision from workflows where workflow_id = $1", workflowId, TicketsJson.Default.Workflow, cancel);
                if (precondition.Refusal($"Workflow '{workflowId}'", old?.Revision) is { } refusal)
                    return refusal;
                if (users.Count > 0 && old is { } stored && WorkflowChange.Faults(stored.Value, workflow) is { Count: > 0 } faults)
                    return Problems.InvalidWorkflow(faults);
                var json = JsonSerializer.Serialize(workflow, TicketsJson.Default.Workflow);
                await WriteAsync(
                    connection,
                    "insert into workflows (workflow_id, body, revision) values ($1, $2, $3) on conflict (workflow_id) do update set body = excluded.body, revision = excluded.revision",
                    workflowId,
                    json,
                    revision,
                    cancel);
                await change.RecordAsync("workflow.put", workflowId, users.Count > 0 ? users : [workflowId], json, cancel);
                return workflow with { Revision = revision };
            },
            cancel);
        await cache.RefreshAsync(cancel);
        return result;
    }

    /// <returns>The queue as stored; a workflow that <paramref name="caller"/> cannot read is to it as one that does not exist.</returns>
    public async Task<Result<Queue>> PutQueueAsync(string name, JsonElement body, PutPrecondition precondition, Caller caller, CancellationToken cancel)
    {
        var read = ReadQueue(body, name);
        if (read.IsProblem)
            return read.Problem;

        var result = await database.ChangeAsync<Queue>(
            caller.KeyId,
            clock.GetUtcNow(),
            async change =>
            {
                var (connection, revision) = (change.Connection, change.Revision);
                var old = await ReadAsync(connection, "select body, revision from queues where name = $1", name, TicketsJson.Default.Queue, cancel);
                if (precondition.Refusal($"Queue '{name}'", old?.Revision) is { } refusal)
                    return refusal;
                var queue = read.Value with
                {
                    Shards = read.Value.Shards ?? old?.Value.Shards ?? [await EmptiestShardAsync(connection, cancel)],
                    Moving = old?.Value.Moving,
                };
                if (old is { } stored && !stored.Value.Shards!.SequenceEqual(queue.Shards!, StringComparer.Ordinal))
                    return Problems.Invalid("/shards", $"The queue's tickets are on {string.Join(", ", stored.Value.Shards!)}: moving them is an operation, not an edit.");

                var workflow = await ReadAsync(connection, "select body, revision from workflows where workflow_id = $1", queue.WorkflowId, TicketsJson.Default.Workflow, cancel);
                if (workflow is null || !WorkflowReach.MayRead(caller, queue.WorkflowId, await UsersAsync(connection, queue.WorkflowId, cancel)))
                    return Problems.WorkflowNotFound(queue.WorkflowId);
                if (old is { } before && before.Value.WorkflowId != queue.WorkflowId)
                {
                    var from = await ReadAsync(connection, "select body, revision from workflows where workflow_id = $1", before.Value.WorkflowId, TicketsJson.Default.Workflow, cancel);
                    if (WorkflowChange.Faults(from!.Value.Value, workflow.Value.Value) is { Count: > 0 } faults)
                        return Problems.InvalidWorkflow(faults);
                }

                var id = await WriteQueueAsync(change, "queue.put", queue, cancel);
                // The partitions are there before anyone can know the queue; a crash in between leaves empty tables that the next try takes up.
                foreach (var shard in queue.Shards!)
                    await QueueTables.MakeAsync(shards[shard], new QueueSettings(id, queue, new WorkflowRules(workflow.Value.Value), TimeSpan.Zero), cancel);
                return queue with { Revision = revision };
            },
            cancel);
        await cache.RefreshAsync(cancel);
        return result;
    }

    /// <summary>Changes a queue by a rule on how it stands: for moves between shards. What stays as it was is not written.</summary>
    internal async Task<Result<Queue>> ChangeQueueAsync(string name, string actor, Func<Queue, Result<Queue>> rule, CancellationToken cancel)
    {
        var result = await database.ChangeAsync<Queue>(
            actor,
            clock.GetUtcNow(),
            async change =>
            {
                if (await ReadAsync(change.Connection, "select body, revision from queues where name = $1", name, TicketsJson.Default.Queue, cancel) is not { } old)
                    return Problems.QueueNotFound(name);
                var changed = rule(old.Value);
                if (changed.IsProblem)
                    return changed;
                if (ReferenceEquals(changed.Value, old.Value))
                    return old.Value with { Revision = old.Revision };
                await WriteQueueAsync(change, "queue.move", changed.Value, cancel);
                return changed.Value with { Revision = change.Revision };
            },
            cancel);
        await cache.RefreshAsync(cancel);
        return result;
    }

    private Result<Queue> ReadQueue(JsonElement body, string name)
    {
        var errors = new List<ProblemError>();
        var unknown = new List<ProblemError>();
        var reader = new ObjectReader(body, "", errors);
        var queue = reader.RequiredText("queue", 128);
        var workflow = reader.RequiredText("workflow_id", 128);
        var retention = reader.Text("hot_retention") ?? Iso8601Duration.Format(DefaultRetention);
        var after = reader.Text("after_hot_retention");
        var coldRetention = reader.Text("cold_retention");
        var placement = reader.Texts("shards", 64);
        var description = reader.Text("description", 4096);
        _ = reader.Any("revision");
        _ = reader.Any("moving");
        reader.Finish(unknown);

        if (queue is not null && !Names.IsPath(queue))
            reader.Fault("queue", $"A queue name is {Names.PathRule}.");
        else if (queue is not null && queue != name)
            reader.Fault("queue", $"The body is of queue '{queue}', the address of '{name}'.");
        if (!Iso8601Duration.TryParse(retention, out var time) || time < TimeSpan.Zero)
            reader.Fault("hot_retention", $"'{retention}' is not an ISO 8601 duration such as P7D.");
        else if (time > MaxRetention)
            reader.Fault("hot_retention", $"A ticket stays hot for {Iso8601Duration.Format(MaxRetention)}, a hundred years, at most.");
        if (after is not (null or "archive" or "delete"))
            reader.Fault("after_hot_retention", "Expected archive or delete.");
        if (coldRetention is not null && (!Iso8601Duration.TryParse(coldRetention, out var cold) || cold <= TimeSpan.Zero))
            reader.Fault("cold_retention", $"'{coldRetention}' is not an ISO 8601 duration of days and times such as P1825D.");
        if (placement is { Count: 0 })
            reader.Fault("shards", "A queue lies on at least one shard; leave the member out to have one chosen.");
        foreach (var shard in placement?.Where(shard => !shards.Knows(shard)) ?? [])
            reader.Fault("shards", $"There is no shard '{shard}'; there are {string.Join(", ", shards.All.Select(known => known.Name))}.");
        if (placement is not null && placement.Distinct(StringComparer.Ordinal).Count() != placement.Count)
            reader.Fault("shards", "A shard is named once.");

        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);
        if (errors.Count > 0)
            return Problems.Invalid(errors);
        return new Queue { Name = queue!, WorkflowId = workflow!, HotRetention = retention, AfterHotRetention = after, ColdRetention = coldRetention, Shards = placement, Description = description };
    }

    private async Task<string> EmptiestShardAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var load = shards.All.ToDictionary(shard => shard.Name, _ => 0, StringComparer.Ordinal);
        await using var command = new NpgsqlCommand("select json_array_elements_text(body -> 'shards') from queues", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (load.ContainsKey(reader.GetString(0)))
                load[reader.GetString(0)]++;
        }

        return load.OrderBy(shard => shard.Value).ThenBy(shard => shard.Key, StringComparer.Ordinal).First().Key;
    }

    private static async Task<List<string>> UsersAsync(NpgsqlConnection connection, string workflowId, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select name from queues where workflow_id = $1", connection);
        command.Parameters.Add(Sql.Value(workflowId));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var users = new List<string>();
        while (await reader.ReadAsync(cancel))
            users.Add(reader.GetString(0));
        return users;
    }

    private static async Task<(T Value, long Revision)?> ReadAsync<T>(NpgsqlConnection connection, string sql, string key, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(Sql.Value(key));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (JsonSerializer.Deserialize(reader.GetString(0), type)!, reader.GetInt64(1)) : null;
    }

    private static async Task WriteAsync(NpgsqlConnection connection, string sql, string key, string body, long revision, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(Sql.Value(key));
        command.Parameters.Add(new() { Value = body, NpgsqlDbType = NpgsqlDbType.Json });
        command.Parameters.Add(Sql.Value(revision));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<int> WriteQueueAsync(SettingsChange change, string action, Queue queue, CancellationToken cancel)
    {
        var json = JsonSerializer.Serialize(queue, TicketsJson.Default.Queue);
        await change.RecordAsync(action, queue.Name, [queue.Name], json, cancel);
        await using var command = new NpgsqlCommand(
            """
            insert into queues (name, workflow_id, body, revision) values ($1, $2, $3, $4)
            on conflict (name) do update set workflow_id = excluded.workflow_id, body = excluded.body, revision = excluded.revision
            returning queue_id
            """,
            change.Connection);
        command.Parameters.Add(Sql.Value(queue.Name));
        command.Parameters.Add(Sql.Value(queue.WorkflowId));
        command.Parameters.Add(new() { Value = json, NpgsqlDbType = NpgsqlDbType.Json });
        command.Parameters.Add(Sql.Value(change.Revision));
        return (int)(await command.ExecuteScalarAsync(cancel))!;
    }
}
