using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Storage;

/// <summary>
/// Starts and events as set-wise statements for a transaction of the caller's: they take effect when it commits, and cost it no round trip of their own.
/// They answer no rows. Lock order: what the caller locks, then the instances in the order of their ids, which <see cref="Hold"/> sees to.
/// </summary>
public static class OrchestrationStatements
{
    // The next execution: what the last one recorded stays apart from it.
    private const string Replace =
        """
        do update set name = excluded.name, version = excluded.version, execution = orchestrations.execution + 1, status = 0, parent_id = excluded.parent_id,
            parent_execution = excluded.parent_execution, parent_task = excluded.parent_task, created_at = excluded.created_at, start_at = excluded.start_at, completed_at = null,
            input = excluded.input, output = null, failure = null, custom_status = null, carried = null, tags = excluded.tags, trace_parent = excluded.trace_parent
        """;

    internal const string ReplaceEnded = $"{Replace} where orchestrations.status > 0";

    /// <summary>Starts; one whose id is taken is left as it is.</summary>
    /// <param name="replaceEnded">Except one that has ended: the new one takes its place.</param>
    public static IEnumerable<NpgsqlBatchCommand> Start(IReadOnlyList<OrchestrationStart> starts, DateTimeOffset now, bool replaceEnded = false)
    {
        if (starts.Count > 0)
            yield return StartCommand(starts, now, returning: false, replaceEnded ? ReplaceEnded : "do nothing");
    }

    /// <summary>
    /// Starts under ids whose last orchestrations are over for the caller, whether they have come to their end or not: nothing that a worker still does for one
    /// of those counts. Without it, a start is lost that comes between the last look of the old one and its end.
    /// </summary>
    public static IEnumerable<NpgsqlBatchCommand> Restart(IReadOnlyList<OrchestrationStart> starts, DateTimeOffset now)
    {
        if (starts.Count == 0)
            yield break;
        foreach (var command in Drop(Column(starts, start => start.InstanceId)))
            yield return command;
        yield return StartCommand(starts, now, returning: false, Replace);
    }

    /// <summary>Brings orchestrations to their end from outside, whatever they are doing: what they were to do goes on elsewhere. No parent is told.</summary>
    /// <param name="output">As JSON.</param>
    public static IEnumerable<NpgsqlBatchCommand> Complete(string[] ids, string output, DateTimeOffset now)
    {
        foreach (var command in Drop(ids))
            yield return command;
        yield return Sql.Command(
            "update orchestrations set status = 1, output = $2, completed_at = $3, carried = null where instance_id = any($1) and status = 0",
            Sql.Array(ids),
            Sql.Json(output),
            Sql.Value(now));
    }

    /// <summary>Takes instances away from whoever has them; their leases are lost.</summary>
    private static IEnumerable<NpgsqlBatchCommand> Drop(string[] ids)
    {
        yield return Hold(ids);
        yield return Sql.Command("delete from orchestration_inbox where instance_id = any($1)", Sql.Array(ids));
        yield return Sql.Command("delete from orchestration_activities where instance_id = any($1)", Sql.Array(ids));
        yield return Sql.Command("delete from orchestration_ready where instance_id = any($1)", Sql.Array(ids));
    }

    /// <summary>Events; one for an orchestration that has ended or never was is dropped.</summary>
    public static IEnumerable<NpgsqlBatchCommand> Raise(IReadOnlyList<OrchestrationEvent> events, DateTimeOffset now)
    {
        if (events.Count == 0)
            yield break;
        yield return Hold(events.Select(raised => raised.InstanceId));
        yield return MessageCommand([.. events.Select(OrchestrationMessage.Of)], now, returning: false);
    }

    /// <summary>Locks instances that are only written to.</summary>
    internal static NpgsqlBatchCommand Hold(IEnumerable<string> ids)
    {
        var distinct = ids.Distinct(StringComparer.Ordinal).ToArray<string?>();
        return Sql.Command("call orchestration_lock($1)", Sql.Array(distinct));
    }

    /// <exception cref="ArgumentException">An id is none.</exception>
    internal static NpgsqlBatchCommand StartCommand(IReadOnlyList<OrchestrationStart> starts, DateTimeOffset now, bool returning, string onConflict = "do nothing")
    {
        foreach (var start in starts)
            InstanceIds.Check(start.InstanceId, nameof(starts));
        var command = Sql.Command(
            $"""
            with made as (
                insert into orchestrations (instance_id, name, version, input, start_at, tags, trace_parent, parent_id, parent_execution, parent_task, created_at)
                select distinct on (s.instance_id) s.instance_id, s.name, s.version, s.input, s.start_at, s.tags, s.trace_parent, s.parent_id, s.parent_execution, s.parent_task, $11
                from unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::timestamptz[], $6::jsonb[], $7::text[], $8::text[], $9::int[], $10::int[])
                    with ordinality as s(instance_id, name, version, input, start_at, tags, trace_parent, parent_id, parent_execution, parent_task, ord)
                order by s.instance_id, s.ord
                on conflict (instance_id) {onConflict}
                returning instance_id, name, start_at)
            {Ready(starts, now)}
            {(returning ? "returning instance_id" : "")}
            """,
            Sql.Array(Column(starts, start => (string?)start.InstanceId)),
            Sql.Array(Column(starts, start => (string?)start.Name.Name)),
            Sql.Array(Column(starts, start => (string?)start.Version)),
            Sql.Json(Column(starts, start => start.Input)),
            Sql.Times(Column(starts, start => (start.StartAt ?? start.FirstLook) is { } at && at > now ? at : now)),
            new NpgsqlParameter<string?[]> { TypedValue = Column(starts, start => start.Tags is null ? null : JsonSerializer.Serialize(start.Tags)), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb },
            Sql.Array(Column(starts, start => start.TraceParent)),
            Sql.Array(Column(starts, start => start.ParentId)),
            Sql.Array(Column(starts, start => start.ParentExecution)),
            Sql.Array(Column(starts, start => start.ParentTask)),
            Sql.Value(now));
        if (IsAnyLater(starts, now))
            command.Parameters.Add(Sql.Array([.. starts.Where(start => start.StartAt > now).Select(start => start.InstanceId)]));
        return command;
    }

    private static string Ready(IReadOnlyList<OrchestrationStart> starts, DateTimeOffset now) => IsAnyLater(starts, now)
        ? "insert into orchestration_ready (instance_id, name, due_at, not_before) select instance_id, lower(name), start_at, case when instance_id = any($12) then start_at end from made"
        : "insert into orchestration_ready (instance_id, name, due_at) select instance_id, lower(name), start_at from made";

    private static bool IsAnyLater(IReadOnlyList<OrchestrationStart> starts, DateTimeOffset now) => starts.Any(start => start.StartAt > now);

    /// <summary>After the start of children: those whose ids are taken have failed for their parents. A child that stands was made at this very time by this very call.</summary>
    internal static NpgsqlBatchCommand RefusedCommand(IReadOnlyList<OrchestrationStart> children, DateTimeOffset now) => Sql.Command(
        """
        with refused as (
            select c.parent_id, c.parent_execution, c.body
            from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::json[]) as c(instance_id, parent_id, parent_execution, parent_task, body) join orchestrations o using (instance_id)
            where (o.parent_id, o.parent_execution, o.parent_task, o.created_at) is distinct from (c.parent_id, c.parent_execution, c.parent_task, $6)),
        told as (
            update orchestration_ready r set pending = r.pending + n.messages from (select parent_id, count(*)::int as messages from refused group by parent_id) n where r.instance_id = n.parent_id)
        insert into orchestration_inbox (instance_id, execution, body) select parent_id, parent_execution, body from refused
        """,
        Sql.Array(Column(children, child => (string?)child.InstanceId)),
        Sql.Array(Column(children, child => child.ParentId)),
        Sql.Array(Column(children, child => child.ParentExecution)),
        Sql.Array(Column(children, child => child.ParentTask)),
        Sql.Json(Column(children, child => (string?)HistoryJson.Text(new HistoryEvent
        {
            Kind = HistoryEventKind.SubOrchestrationInstanceFailed,
            Id = child.ParentTask ?? 0,
            Failure = new TaskFailureDetails(typeof(OrchestrationAlreadyExistsException).FullName!, $"There is already an orchestration '{child.InstanceId}'."),
        }))),
        Sql.Value(now));

    internal static NpgsqlBatchCommand MessageCommand(IReadOnlyList<OrchestrationMessage> messages, DateTimeOffset now, bool returning) => Sql.Command(
        $"""
        with woken as (
            update orchestration_ready r
            set pending = r.pending + m.messages,
                due_at = case when r.owner is null and r.stalled is null then least(r.due_at, greatest($4, r.not_before)) else r.due_at end
            from (select instance_id, count(*)::int as messages from unnest($1::text[]) as m(instance_id) group by instance_id) m
            where r.instance_id = m.instance_id
            returning r.instance_id)
        insert into orchestration_inbox (instance_id, execution, body)
        select m.instance_id, m.execution, m.body
        from unnest($1::text[], $2::int[], $3::json[]) with ordinality as m(instance_id, execution, body, ord) join woken using (instance_id)
        order by m.ord
        {(returning ? "returning instance_id" : "")}
        """,
        Sql.Array(Column(messages, message => (string?)message.InstanceId)),
        Sql.Array(Column(messages, message => message.Execution)),
        Sql.Json(Column(messages, message => (string?)HistoryJson.Text(message.Body))),
        Sql.Value(now));

    internal static T[] Column<TRow, T>(IReadOnlyList<TRow> rows, Func<TRow, T> value)
    {
        var column = new T[rows.Count];
        for (var i = 0; i < column.Length; i++)
            column[i] = value(rows[i]);
        return column;
    }
}

/// <param name="Execution">The only one that may take it; null for any.</param>
internal sealed record OrchestrationMessage(string InstanceId, int? Execution, HistoryEvent Body)
{
    public static OrchestrationMessage Of(OrchestrationEvent raised) =>
        new(raised.InstanceId, null, new HistoryEvent { Kind = HistoryEventKind.EventRaised, Name = raised.Name, Data = raised.Payload });
}
