using System.Globalization;
using Npgsql;
using Tickets.Core.Notifications;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>What a group of ticket changes means for the tickets' orchestrations: starts, events and first notifications, for the same transaction.</summary>
internal sealed class LifecycleChanges(string shard, DateTimeOffset now)
{
    public const string Orchestrator = "ticket-life";

    /// <summary>What it was called while its steps did not go on beside its clock (docs/decisions/0055). The sweep begins those anew; nobody runs them.</summary>
    public const string EarlierOrchestrator = "ticket-lifecycle";

    /// <summary>The block that marks a ticket about another one that could go nowhere.</summary>
    public const string ErrorBlock = "lifecycle_error";

    /// <summary>The block that says who is to hear of the ticket's end.</summary>
    public const string CreatorBlock = "created_by";

    /// <summary>When only a change of the ticket brings anything about.</summary>
    internal static readonly DateTimeOffset Never = DateTimeOffset.MaxValue.AddDays(-1);

    private readonly List<OrchestrationStart> _starts = [];
    private readonly List<OrchestrationStart> _restarts = [];
    private readonly List<OrchestrationEvent> _events = [];
    private readonly List<NewNotification> _notifications = [];

    /// <summary>Something is to be done now and not only later.</summary>
    public bool IsUrgent { get; private set; }

    public static string InstanceOf(long ticketId) => string.Create(CultureInfo.InvariantCulture, $"ticket/{ticketId}");

    /// <param name="before">Null for a ticket that is new to the shard.</param>
    /// <param name="trace">Of the request that changed it, for the orchestration that it starts.</param>
    public void Add(TicketState? before, TicketState after, string? trace)
    {
        var lives = IsLive(after);
        var entered = before is null || before.Status != after.Status || before.Queue.Workflow != after.Queue.Workflow;
        var asked = lives && entered && AskForAcceptance(after);
        if (before is null || !IsLive(before))
        {
            if (lives)
                Start(after, isNew: before is null && after.Version == 1, hasArrived: before is null && after.Version > 1, asked, trace);
        }
        else if (entered || before.AcceptedBy != after.AcceptedBy || before.Group != after.Group || before.ClosedAt != after.ClosedAt || before.MovingTo != after.MovingTo)
        {
            Tell(after.TicketId, new TicketTold(after.Version, now, entered ? after.Status : null, Asked: asked, Workflow: after.Queue.Workflow.Definition.WorkflowId));
        }
    }

    public IEnumerable<NpgsqlBatchCommand> Commands()
    {
        // All that stand are locked at once, in the order of their ids.
        if (_restarts.Count > 0 && _events.Count > 0)
            yield return OrchestrationStatements.Hold([.. _restarts.Select(start => start.InstanceId), .. _events.Select(raised => raised.InstanceId)]);
        foreach (var command in OrchestrationStatements.Start(_starts, now, replaceEnded: true))
            yield return command;
        foreach (var command in OrchestrationStatements.Restart(_restarts, now))
            yield return command;
        foreach (var command in OrchestrationStatements.Raise(_events, now))
            yield return command;
        if (_notifications.Count > 0)
            yield return NotificationStatements.Add(_notifications);
    }

    private static bool IsLive(TicketState ticket) => ticket is { ClosedAt: null, MovingTo: null } && ticket.Queue.Workflow.HasLifecycle;

    /// <param name="isNew">No orchestration can be about it yet.</param>
    /// <param name="hasArrived">From another shard, where it may have done something in its status.</param>
    private void Start(TicketState ticket, bool isNew, bool hasArrived, bool asked, string? trace)
    {
        var rules = ticket.Queue.Workflow.Statuses.GetValueOrDefault(ticket.Status)?.Lifecycle;
        // A status without rules waits for a change, and a change wakes it anyhow.
        var first = rules is null ? Never : hasArrived ? now : LifecycleClock.First(rules, now);
        IsUrgent |= first <= now;
        var state = new LifecycleState(shard, ticket.TicketId, ticket.Status, now, ticket.Version)
        {
            Workflow = ticket.Queue.Workflow.Definition.WorkflowId,
            Arrived = hasArrived,
            Messaged = asked ? 0 : null,
        };
        (isNew ? _starts : _restarts).Add(OrchestrationStart.Of(InstanceOf(ticket.TicketId), Orchestrator, state) with { FirstLook = first, TraceParent = trace });
    }

    private void Tell(long ticketId, TicketTold told)
    {
        IsUrgent = true;
        _events.Add(OrchestrationEvent.Of(InstanceOf(ticketId), TicketTold.Event, told));
    }

    private bool AskForAcceptance(TicketState ticket)
    {
        var rules = ticket.Queue.Workflow.Statuses.GetValueOrDefault(ticket.Status)?.Lifecycle;
        if (rules?.RemindEvery is null || ticket.AcceptedBy is not null || (ticket.Group ?? rules.Group) is not { } group)
            return false;
        _notifications.Add(TicketNotifications.ToGroup(ticket.TicketId, ticket.Version, 0, group, ticket.Queue, now, ticket.Status));
        return true;
    }
}
