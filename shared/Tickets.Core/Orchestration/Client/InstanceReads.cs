using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Client;

/// <summary>Reads orchestrations as they stand.</summary>
internal sealed class InstanceReads(HubDatabase database)
{
    private const string Status = "(case when o.status > 0 then o.status when r.stalled = 1 then 5 when r.stalled = 2 then 6 when r.steps = 0 then 4 else 0 end)";

    private const string Columns =
        $"""
        o.instance_id, o.name, o.version, {Status}, o.created_at, o.completed_at, o.parent_id, o.execution, o.failure, o.custom_status, o.tags, r.reason,
        case when r.owner is null and r.due_at < 'infinity' then r.due_at end, r.owner,
        (select (h.body ->> 'at')::timestamptz from orchestration_history h where h.instance_id = o.instance_id and h.execution = o.execution order by h.step desc limit 1)
        """;

    private const string From = "from orchestrations o left join orchestration_ready r using (instance_id)";

    public async Task<OrchestrationMetadata?> FindAsync(string instanceId, bool withInputs, CancellationToken cancel) =>
        (await database.QueryAsync("get", $"select {Columns}, {Inputs(withInputs)} {From} where o.instance_id = $1", [Sql.Value(instanceId)], Read, cancel)).FirstOrDefault();

    /// <summary>Those of these that have ended.</summary>
    public Task<List<OrchestrationMetadata>> EndedAsync(IReadOnlyCollection<string> ids, CancellationToken cancel) => database.QueryAsync(
        "ended",
        $"select {Columns}, {Inputs(true)} {From} where o.instance_id = any($1) and o.status > 0",
        [Sql.Array(ids.ToArray<string?>())],
        Read,
        cancel);

    /// <exception cref="ArgumentException">The continuation token is not one.</exception>
    public async Task<Page<OrchestrationMetadata>> ListAsync(OrchestrationQuery query, CancellationToken cancel)
    {
        var size = Math.Clamp(query.PageSize, 1, 1000);
        var parameters = new List<NpgsqlParameter>();
        var conditions = Conditions(query, parameters);
        if (query.ContinuationToken is { } token)
        {
            var (at, id) = Position(token);
            conditions.Add($"(o.created_at, o.instance_id) < ({Add(parameters, Sql.Value(at))}, {Add(parameters, Sql.Value(id))})");
        }

        var where = conditions.Count == 0 ? "" : "where " + string.Join(" and ", conditions);
        var rows = await database.QueryAsync(
            "list", $"select {Columns}, {Inputs(query.FetchInputsAndOutputs)} {From} {where} order by o.created_at desc, o.instance_id desc limit {size + 1}", [.. parameters], Read, cancel);
        if (rows.Count <= size)
            return new Page<OrchestrationMetadata>(rows, null);
        rows.RemoveAt(size);
        var last = rows[^1];
        return new Page<OrchestrationMetadata>(rows, string.Create(CultureInfo.InvariantCulture, $"{last.CreatedAt.UtcTicks:x}~{last.InstanceId}"));
    }

    public async IAsyncEnumerable<OrchestrationMetadata> AllAsync(OrchestrationQuery query, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var page = await ListAsync(query, cancel);
            foreach (var instance in page.Values)
                yield return instance;
            if (page.ContinuationToken is null)
                yield break;
            query = query with { ContinuationToken = page.ContinuationToken };
        }
    }

    public Task<List<HistoryStep>> HistoryAsync(string instanceId, CancellationToken cancel) => database.QueryAsync(
        "history",
        "select h.body from orchestration_history h join orchestrations o using (instance_id, execution) where h.instance_id = $1 order by h.step",
        [Sql.Value(instanceId)],
        row => HistoryJson.Step(row.GetString(0)),
        cancel);

    private static List<string> Conditions(OrchestrationQuery query, List<NpgsqlParameter> parameters)
    {
        var conditions = new List<string>();
        if (query.Name is { } name)
            conditions.Add($"lower(o.name) = {Add(parameters, Sql.Value(new TaskName(name).Key))}");
        if (query.Statuses is { Count: > 0 } statuses)
            conditions.Add($"{Status} = any({Add(parameters, Sql.Array(statuses.Select(status => (int)status).ToArray()))})");
        if (query.CreatedFrom is { } from)
            conditions.Add($"o.created_at >= {Add(parameters, Sql.Value(from))}");
        if (query.CreatedTo is { } to)
            conditions.Add($"o.created_at < {Add(parameters, Sql.Value(to))}");
        if (query.CompletedTo is { } completed)
            conditions.Add($"o.completed_at < {Add(parameters, Sql.Value(completed))}");
        if (query.InstanceIdPrefix is { } prefix)
            conditions.Add($"starts_with(o.instance_id, {Add(parameters, Sql.Value(prefix))})");
        if (query.ParentInstanceId is { } parent)
            conditions.Add($"o.parent_id = {Add(parameters, Sql.Value(parent))}");
        if (query.Tags is { Count: > 0 } tags)
            conditions.Add($"o.tags @> {Add(parameters, new NpgsqlParameter<string> { TypedValue = JsonSerializer.Serialize(tags), NpgsqlDbType = NpgsqlDbType.Jsonb })}");
        return conditions;
    }

    private static string Add(List<NpgsqlParameter> parameters, NpgsqlParameter parameter)
    {
        parameters.Add(parameter);
        return string.Create(CultureInfo.InvariantCulture, $"${parameters.Count}");
    }

    private static (DateTimeOffset At, string Id) Position(string token)
    {
        var parted = token.IndexOf('~', StringComparison.Ordinal);
        return parted > 0 && long.TryParse(token.AsSpan(0, parted), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var ticks) && ticks >= 0 && ticks <= DateTime.MaxValue.Ticks
            ? (new DateTimeOffset(ticks, TimeSpan.Zero), token[(parted + 1)..])
            : throw new ArgumentException("This is not a continuation token.", nameof(token));
    }

    private static string Inputs(bool wanted) => wanted ? "o.input, o.output" : "null::json, null::json";

    private static OrchestrationMetadata Read(NpgsqlDataReader row) => new(row.GetString(1), row.GetString(0))
    {
        Version = row.GetString(2),
        RuntimeStatus = (OrchestrationRuntimeStatus)row.GetInt32(3),
        CreatedAt = row.Time(4),
        CompletedAt = row.TimeOrNull(5),
        ParentInstanceId = row.TextOrNull(6),
        Execution = row.GetInt32(7),
        FailureDetails = row.TextOrNull(8) is { } failure ? JsonSerializer.Deserialize(failure, HistoryJson.Rows.TaskFailureDetails) : null,
        SerializedCustomStatus = row.TextOrNull(9),
        Tags = row.TextOrNull(10) is { } tags ? JsonSerializer.Deserialize(tags, HistoryJson.Rows.DictionaryStringString)! : [],
        Reason = row.TextOrNull(11),
        DueAt = row.TimeOrNull(12),
        Worker = row.TextOrNull(13),
        LastUpdatedAt = row.TimeOrNull(5) ?? row.TimeOrNull(14) ?? row.Time(4),
        SerializedInput = row.TextOrNull(15),
        SerializedOutput = row.TextOrNull(16),
    };
}
