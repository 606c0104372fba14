using Npgsql;
using Tickets.Core.Notifications;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>
/// Gives tickets what their lives lack. There is one way: the life is begun anew from what is recorded of it, looks at its ticket, and does what is next; whatever it
/// may do a second time has the same keys and numbers.
/// </summary>
internal sealed class LifecycleRepairs(NpgsqlConnection connection, string shard, QueueSettings queue, DateTimeOffset now)
{
    /// <returns>What was missed, and how often.</returns>
    public async Task<Dictionary<Missed, int>> RunAsync(IReadOnlyList<SweptTicket> tickets, CancellationToken cancel)
    {
        var missed = tickets.Select(ticket => (Ticket: ticket, Rules: RulesOf(ticket))).Select(one => (one.Ticket, one.Rules, What: MissedWork.Of(one.Ticket, one.Rules, now))).ToList();
        var anew = missed.Where(one => one.What != Missed.Nothing).ToList();
        var reminded = await RemindedAsync([.. anew.Where(one => one.What == Missed.Upgrade).Select(one => one.Ticket)], cancel);
        var stays = await StaysAsync([.. anew.Where(one => Recorded(one.Ticket) is null).Select(one => one.Ticket)], cancel);
        await BeginAsync([.. anew.Select(one => Start(one.Ticket, one.Rules, one.What, reminded, stays))], cancel);

        var counts = anew.GroupBy(one => one.What).ToDictionary(one => one.Key, one => one.Count());
        var written = await WriteLostAsync([.. missed.Where(one => one.What == Missed.Nothing).Select(one => (one.Ticket, one.Rules))], cancel);
        if (written > 0)
            counts[Missed.Notification] = written;
        return counts;
    }

    private async Task BeginAsync(List<OrchestrationStart> starts, CancellationToken cancel)
    {
        if (starts.Count == 0)
            return;
        // Where the record was lost and the history was not, executions count from 0 again, and the old history would be taken for the new one's.
        var history = Sql.Command("delete from orchestration_history where instance_id = any($1)", Sql.Array([.. starts.Select(start => (string?)start.InstanceId)]));
        await ExecuteAsync([.. OrchestrationStatements.Restart(starts, now), history], cancel);
    }

    private LifecycleRules RulesOf(SweptTicket ticket) => LifecycleRules.Of(queue.Workflow.Statuses.GetValueOrDefault(ticket.Status)?.Lifecycle);

    /// <summary>A life that ended as it should is no beginning: the ticket has been elsewhere since, or its workflow without rules.</summary>
    private static LifecycleState? Recorded(SweptTicket ticket) => ticket is { IsOver: false, Life: { } life } && life.Status == ticket.Status ? life : null;

    private OrchestrationStart Start(SweptTicket ticket, LifecycleRules rules, Missed what, Dictionary<long, (int Number, DateTimeOffset At)> reminded, Dictionary<long, long> stays)
    {
        var workflow = queue.Workflow.Definition.WorkflowId;
        var state = Recorded(ticket) is { } life
            ? life with { Shard = shard, Workflow = life.Workflow ?? workflow, StepDue = null }
            : new LifecycleState(shard, ticket.TicketId, ticket.Status, ticket.UpdatedAt, stays.GetValueOrDefault(ticket.TicketId, ticket.Version)) { Workflow = workflow, Home = ticket.Life?.Home };
        if (what == Missed.Upgrade && reminded.TryGetValue(ticket.TicketId, out var last))
            state = state with { Reminded = last.Number, RemindedAt = last.At };

        // One that only waits goes on waiting: an upgrade does not wake all tickets at once.
        var waits = what == Missed.Upgrade && Recorded(ticket) is not null && ticket.Pending == 0 && !LifecycleClock.HasSteps(state, rules);
        return OrchestrationStart.Of(LifecycleChanges.InstanceOf(ticket.TicketId), LifecycleChanges.Orchestrator, state) with { StartAt = waits ? ticket.DueAt ?? LifecycleChanges.Never : now };
    }

    /// <summary>Of lives that recorded no reminders, the last.</summary>
    private async Task<Dictionary<long, (int Number, DateTimeOffset At)>> RemindedAsync(List<SweptTicket> tickets, CancellationToken cancel)
    {
        var reminded = new Dictionary<long, (int, DateTimeOffset)>();
        var stays = tickets.Where(ticket => Recorded(ticket) is not null).ToDictionary(ticket => ticket.Life!.Stay, ticket => ticket.TicketId, StringComparer.Ordinal);
        if (stays.Count == 0)
            return reminded;
        await using var find = new NpgsqlCommand(
            """
            select stay, n.number, n.at from unnest($1::text[]) as s(stay)
            cross join lateral (select (body->>'number')::int as number, at from notifications where key > stay || '/' and key < stay || '0' and kind = 'reminder' order by number desc limit 1) n
            """,
            connection);
        find.Parameters.Add(Sql.Array([.. stays.Keys]));
        await using var reader = await find.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            reminded[stays[reader.GetString(0)]] = (reader.GetInt32(1), reader.Time(2));
        return reminded;
    }

    /// <summary>
    /// Of lives that left no record of their status, since which version they are in it, where the tickets that they made tell it: so they make no second ones. A stay
    /// before the one that is recorded is over.
    /// </summary>
    private async Task<Dictionary<long, long>> StaysAsync(List<SweptTicket> tickets, CancellationToken cancel)
    {
        var stays = new Dictionary<long, long>();
        if (tickets.Count == 0)
            return stays;
        await using var find = new NpgsqlCommand(
            """
            select n.ticket_id, max(n.entered_version) from unnest($1::bigint[], $2::text[], $3::bigint[]) as t(ticket_id, status, over)
            join lifecycle_numbers n on n.ticket_id = t.ticket_id and n.status = t.status and n.entered_version > t.over group by n.ticket_id
            """,
            connection);
        find.Parameters.Add(Sql.Array(tickets.Select(ticket => ticket.TicketId).ToArray()));
        find.Parameters.Add(Sql.Array(tickets.Select(ticket => (string?)ticket.Status).ToArray()));
        find.Parameters.Add(Sql.Array(tickets.Select(ticket => ticket.Life?.EnteredVersion ?? 0).ToArray()));
        await using var reader = await find.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            stays[reader.GetInt64(0)] = reader.GetInt64(1);
        return stays;
    }

    private async Task<int> WriteLostAsync(List<(SweptTicket Ticket, LifecycleRules Rules)> tickets, CancellationToken cancel)
    {
        var messages = new Dictionary<string, NewNotification>(StringComparer.Ordinal);
        foreach (var (ticket, rules) in tickets)
        {
            if (MissedWork.MessageOf(ticket, rules, now) is { } message)
                messages[TicketNotifications.KeyToGroup(ticket.TicketId, message.Life.EnteredVersion, message.Number)] =
                    TicketNotifications.ToGroup(ticket.TicketId, message.Life.EnteredVersion, message.Number, message.Group, queue, now, ticket.Status);
        }

        if (messages.Count == 0)
            return 0;
        await using (var find = new NpgsqlCommand("select key from notifications where key = any($1)", connection))
        {
            find.Parameters.Add(Sql.Array([.. messages.Keys]));
            await using var reader = await find.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                messages.Remove(reader.GetString(0));
        }

        if (messages.Count > 0)
            await ExecuteAsync([NotificationStatements.Add([.. messages.Values])], cancel);
        return messages.Count;
    }

    private async Task ExecuteAsync(IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancel);
    }
}
