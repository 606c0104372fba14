using Npgsql;
using NpgsqlTypes;
using System.Text.Json;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Platform;
using static Tickets.Core.Orchestration.Storage.OrchestrationStatements;

namespace Tickets.Core.Orchestration.Storage;

/// <summary>
/// A group of changes as one transaction in one round trip. The first statement locks every instance concerned, in the order of their ids, and fails the whole
/// when a lease among them is lost; so all that follow may rely on the leases. Activities' rows are locked after their instances'.
/// </summary>
internal sealed class HubGroup(IReadOnlyList<HubChange> changes, DateTimeOffset now)
{
    private readonly List<NpgsqlBatchCommand> _commands = [];
    private readonly List<Action<NpgsqlDataReader>> _reads = [];
    private readonly List<StepCommit> _steps = [.. changes.OfType<StepCommit>()];

    /// <exception cref="PostgresException">Nothing was written.</exception>
    public async Task<bool> ExecuteAsync(NpgsqlConnection connection)
    {
        var starts = Starts();
        var messages = Messages();
        var outcomes = changes.OfType<ActivityCommit>().ToList();
        AddHold(messages, outcomes);
        AddHistory();
        AddOrchestrations();
        AddEnds();
        AddQueuedActivities();
        AddStarts(starts);
        AddMessages(messages);
        AddOutcomes(outcomes);
        AddReady();

        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in _commands)
            batch.BatchCommands.Add(command);
        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var read in _reads)
        {
            while (await reader.ReadAsync())
                read(reader);
            await reader.NextResultAsync();
        }

        return true;
    }

    private List<(OrchestrationStart Start, HubChange? Change)> Starts() =>
    [
        .. changes.OfType<StartChange>().Select(change => (change.Start, (HubChange?)change)),
        .. _steps.SelectMany(step => step.Children).Select(child => (child, (HubChange?)null)),
    ];

    private List<(OrchestrationMessage Message, HubChange? Change)> Messages() =>
    [
        .. changes.OfType<MessageChange>().Select(change => (change.Message, (HubChange?)change)),
        .. _steps.SelectMany(step => step.Messages).Select(message => (message, (HubChange?)null)),
    ];

    private void AddHold(List<(OrchestrationMessage Message, HubChange? Change)> messages, List<ActivityCommit> outcomes)
    {
        var ids = _steps.Select(step => (Id: step.Lease.InstanceId, Token: (long?)step.Lease.Token))
            .Concat(messages.Select(message => (Id: message.Message.InstanceId, Token: (long?)null)))
            .Concat(outcomes.Select(outcome => (Id: outcome.Activity.Lease.InstanceId, Token: (long?)null)))
            .GroupBy(held => held.Id, held => held.Token, StringComparer.Ordinal)
            .Select(held => (Id: held.Key, Token: held.Max()))
            .ToList();
        if (ids.Count > 0)
            Add(Sql.Command("select orchestration_hold($1, $2)", Sql.Array(Column(ids, held => (string?)held.Id)), Sql.Array(Column(ids, held => held.Token))), static _ => { });
    }

    private void AddHistory()
    {
        var consumed = _steps.Where(step => step.Ended is null).SelectMany(step => step.Consumed).ToArray();
        if (consumed.Length > 0)
            Add(Sql.Command("delete from orchestration_inbox where seq = any($1)", Sql.Array(consumed)));

        // An execution that begins anew leaves no history behind.
        var rows = _steps.Where(step => step.Next is null)
            .SelectMany(step => step.Steps.Select((body, i) => (step.Lease.InstanceId, step.Execution, Number: step.StepsBefore + i + 1, Body: body))).ToList();
        if (rows.Count > 0)
        {
            Add(Sql.Command(
                "insert into orchestration_history (instance_id, execution, step, body) select * from unnest($1::text[], $2::int[], $3::int[], $4::json[])",
                Sql.Array(Column(rows, row => (string?)row.InstanceId)),
                Sql.Array(Column(rows, row => row.Execution)),
                Sql.Array(Column(rows, row => row.Number)),
                Sql.Json(Column(rows, row => (string?)HistoryJson.Text(row.Body)))));
        }
    }

    private void AddOrchestrations()
    {
        var statuses = _steps.Where(step => step.CustomStatusChanged && step.Ended is null).ToList();
        if (statuses.Count > 0)
        {
            Add(Sql.Command(
                "update orchestrations o set custom_status = s.custom_status from unnest($1::text[], $2::json[]) as s(instance_id, custom_status) where o.instance_id = s.instance_id",
                Sql.Array(Column(statuses, step => (string?)step.Lease.InstanceId)),
                Sql.Json(Column(statuses, step => step.CustomStatus))));
        }

        foreach (var step in _steps.Where(step => step.Next is not null))
        {
            var (id, next) = (step.Lease.InstanceId, step.Next!);
            Add(Sql.Command("delete from orchestration_history where instance_id = $1", Sql.Value(id)));
            Add(Sql.Command("delete from orchestration_activities where instance_id = $1", Sql.Value(id)));
            Add(Sql.Command(
                "update orchestrations set execution = $2, input = $3, version = $4, carried = $5 where instance_id = $1",
                Sql.Value(id),
                Sql.Value(step.Execution + 1),
                Json(next.Input),
                Sql.Value(next.Version),
                Json(next.Carried.Count == 0 ? null : JsonSerializer.Serialize([.. next.Carried], HistoryJson.Rows.ListHistoryEvent))));
        }
    }

    private void AddEnds()
    {
        var ended = _steps.Where(step => step.Ended is not null).ToList();
        if (ended.Count == 0)
            return;
        var ids = Column(ended, step => (string?)step.Lease.InstanceId);
        Add(Sql.Command(
            """
            update orchestrations o
            set status = e.status, output = e.output, failure = e.failure, completed_at = $6, custom_status = case when e.changed then e.custom_status else o.custom_status end, carried = null
            from unnest($1::text[], $2::smallint[], $3::json[], $4::json[], $5::json[], $7::boolean[]) as e(instance_id, status, output, failure, custom_status, changed)
            where o.instance_id = e.instance_id
            """,
            Sql.Array(ids),
            new NpgsqlParameter<short[]> { TypedValue = Column(ended, step => (short)step.Ended!.Status) },
            Sql.Json(Column(ended, step => step.Ended!.Output)),
            Sql.Json(Column(ended, step => step.Ended!.Failure is { } failure ? JsonSerializer.Serialize(failure, HistoryJson.Rows.TaskFailureDetails) : null)),
            Sql.Json(Column(ended, step => step.CustomStatus)),
            Sql.Value(now),
            new NpgsqlParameter<bool[]> { TypedValue = Column(ended, step => step.CustomStatusChanged) }));
        Add(Sql.Command("delete from orchestration_ready where instance_id = any($1)", Sql.Array(ids)));
        Add(Sql.Command("delete from orchestration_inbox where instance_id = any($1)", Sql.Array(ids)));
        Add(Sql.Command("delete from orchestration_activities where instance_id = any($1)", Sql.Array(ids)));
    }

    private void AddQueuedActivities()
    {
        var queued = _steps.Where(step => step.Ended is null && step.Next is null).SelectMany(step => step.QueuedActivities.Select(queued => (step.Lease.InstanceId, step.Execution, queued.Call, queued.Held))).ToList();
        if (queued.Count == 0)
            return;
        Add(Sql.Command(
            """
            insert into orchestration_activities (instance_id, execution, task_id, name, body, key, trace_parent, due_at, token, owner)
            select a.instance_id, a.execution, a.task_id, lower(a.name), a.body, a.key, a.trace_parent, a.due_at, a.token, a.owner
            from unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::json[], $6::text[], $7::text[], $8::timestamptz[], $9::bigint[], $10::text[])
                as a(instance_id, execution, task_id, name, body, key, trace_parent, due_at, token, owner)
            on conflict do nothing
            """,
            Sql.Array(Column(queued, row => (string?)row.InstanceId)),
            Sql.Array(Column(queued, row => row.Execution)),
            Sql.Array(Column(queued, row => row.Call.Event.Id)),
            Sql.Array(Column(queued, row => row.Call.Event.Name)),
            Sql.Json(Column(queued, row => (string?)HistoryJson.Text(row.Call.Event))),
            Sql.Array(Column(queued, row => (string?)row.Call.Key)),
            Sql.Array(Column(queued, row => row.Call.TraceParent)),
            Sql.Times(Column(queued, row => row.Held?.Until ?? now)),
            Sql.Array(Column(queued, row => row.Held?.Token ?? 0)),
            Sql.Array(Column(queued, row => row.Held?.Worker))));
    }

    private void AddStarts(List<(OrchestrationStart Start, HubChange? Change)> starts)
    {
        if (starts.Count == 0)
            return;
        var byId = starts.Where(start => start.Change is not null).ToLookup(start => start.Start.InstanceId, start => start.Change!, StringComparer.Ordinal);
        Add(StartCommand(Column(starts, start => start.Start), now, returning: true), row =>
        {
            // The first of several with one id is the one that was made.
            if (byId[row.GetString(0)].FirstOrDefault() is { } change)
                change.TookEffect = true;
        });

        var children = starts.Select(start => start.Start).Where(start => start.ParentId is not null).ToList();
        if (children.Count > 0)
            Add(RefusedCommand(children, now));
    }

    private void AddMessages(List<(OrchestrationMessage Message, HubChange? Change)> messages)
    {
        if (messages.Count == 0)
            return;
        var byId = messages.Where(message => message.Change is not null).ToLookup(message => message.Message.InstanceId, message => message.Change!, StringComparer.Ordinal);
        Add(MessageCommand(Column(messages, message => message.Message), now, returning: true), row =>
        {
            foreach (var change in byId[row.GetString(0)])
                change.TookEffect = true;
        });
    }

    /// <summary>An outcome counts once: its activity's row goes with it.</summary>
    private void AddOutcomes(List<ActivityCommit> outcomes)
    {
        if (outcomes.Count == 0)
            return;
        var byToken = outcomes.ToDictionary(outcome => outcome.Activity.Lease.Token);
        Add(
            Sql.Command(
                """
                with done as (
                    delete from orchestration_activities a using unnest($1::text[], $2::int[], $3::int[], $4::bigint[], $5::json[]) as o(instance_id, execution, task_id, token, body)
                    where a.instance_id = o.instance_id and a.execution = o.execution and a.task_id = o.task_id and a.token = o.token
                    returning a.instance_id, a.execution, a.token, o.body),
                told as (
                    update orchestration_ready r
                    set pending = r.pending + n.messages, due_at = case when r.owner is null and r.stalled is null then least(r.due_at, $6) else r.due_at end
                    from (select instance_id, count(*)::int as messages from done group by instance_id) n where r.instance_id = n.instance_id),
                messages as (insert into orchestration_inbox (instance_id, execution, body) select instance_id, execution, body from done)
                select token from done
                """,
                Sql.Array(Column(outcomes, outcome => (string?)outcome.Activity.Lease.InstanceId)),
                Sql.Array(Column(outcomes, outcome => outcome.Activity.Execution)),
                Sql.Array(Column(outcomes, outcome => outcome.Activity.TaskId)),
                Sql.Array(Column(outcomes, outcome => outcome.Activity.Lease.Token)),
                Sql.Json(Column(outcomes, outcome => (string?)HistoryJson.Text(outcome.Outcome))),
                Sql.Value(now)),
            row => byToken[row.GetInt64(0)].TookEffect = true);
    }

    /// <summary>Last, so that it counts the messages that this very group has sent.</summary>
    private void AddReady()
    {
        var byId = _steps.ToDictionary(step => step.Lease.InstanceId, StringComparer.Ordinal);
        foreach (var step in _steps)
            step.TookEffect = true;
        var going = _steps.Where(step => step.Ended is null).ToList();
        if (going.Count == 0)
            return;
        Add(
            Sql.Command(
                """
                update orchestration_ready r
                set owner = case when s.hold then r.owner end,
                    due_at = case when s.hold then r.due_at
                                  when r.stalled is not null then 'infinity'::timestamptz
                                  when r.pending > s.consumed then least($6, s.next_due)
                                  else coalesce(s.next_due, 'infinity'::timestamptz) end,
                    pending = r.pending - s.consumed, steps = s.steps, attempts = 0
                from unnest($1::text[], $2::boolean[], $3::int[], $4::int[], $5::timestamptz[]) as s(instance_id, hold, consumed, steps, next_due)
                where r.instance_id = s.instance_id
                returning r.instance_id, r.pending, r.stalled is not null
                """,
                Sql.Array(Column(going, step => (string?)step.Lease.InstanceId)),
                new NpgsqlParameter<bool[]> { TypedValue = Column(going, step => step.Hold) },
                Sql.Array(Column(going, step => step.Consumed.Count)),
                Sql.Array(Column(going, step => step.Next is null ? step.StepsBefore + step.Steps.Count : 0)),
                Sql.Times(Column(going, step => step.Next is null ? step.NextDue : now)),
                Sql.Value(now)),
            row =>
            {
                var step = byId[row.GetString(0)];
                step.Pending = row.GetInt32(1);
                step.IsStalled = row.GetBoolean(2);
            });
    }

    private void Add(NpgsqlBatchCommand command, Action<NpgsqlDataReader>? read = null)
    {
        _commands.Add(command);
        if (read is not null)
            _reads.Add(read);
    }

    private static NpgsqlParameter<string?> Json(string? value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Json };
}
