using System.Globalization;
using Npgsql;
using Tickets.Core.Notifications;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>What a group of ticket changes means for the tickets' orchestrations: starts, events and first notifications, for the same transaction.</summary>
internal sealed class LifecycleChanges(string shard, DateTimeOffset now)
{
    public const string Orchestrator = "ticket-lifecycle";

    /// <summary>The block that marks a ticket about another one that could go nowhere.</summary>
    public const string ErrorBlock = "lifecycle_error";

    /// <summary>The block that says who is to hear of the ticket's end.</summary>
    public const string CreatorBlock = "created_by";

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
        if (before is null || !IsLive(before))
        {
            if (lives)
                Start(after, isNew: before is null && after.Version == 1, trace);
        }
        else if (entered || before.AcceptedBy != after.AcceptedBy || before.Group != after.Group || before.ClosedAt != after.ClosedAt || before.MovingTo != after.MovingTo)
        {
            Tell(after.TicketId, new TicketTold(after.Version, now, entered ? after.Status : null));
        }

        if (lives && entered)
            AskForAcceptance(after);
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
    private void Start(TicketState ticket, bool isNew, string? trace)
    {
        var rules = ticket.Queue.Workflow.Statuses.GetValueOrDefault(ticket.Status)?.Lifecycle;
        // A status without rules waits for a change, and a change wakes it anyhow.
        var first = rules is null ? DateTimeOffset.MaxValue.AddDays(-1) : LifecycleClock.First(rules, now);
        IsUrgent |= first <= now;
        var state = new LifecycleState(shard, ticket.TicketId, ticket.Status, now, ticket.Version);
        (isNew ? _starts : _restarts).Add(OrchestrationStart.Of(InstanceOf(ticket.TicketId), Orchestrator, state) with { FirstLook = first, TraceParent = trace });
    }

    private void Tell(long ticketId, TicketTold told)
    {
        IsUrgent = true;
        _events.Add(OrchestrationEvent.Of(InstanceOf(ticketId), TicketTold.Event, told));
    }

    private void AskForAcceptance(TicketState ticket)
    {
        var rules = ticket.Queue.Workflow.Statuses.GetValueOrDefault(ticket.Status)?.Lifecycle;
        if (rules?.RemindEvery is null || ticket.AcceptedBy is not null || (ticket.Group ?? rules.Group) is not { } group)
            return;
        _notifications.Add(TicketNotifications.Of(
            string.Create(CultureInfo.InvariantCulture, $"{ticket.TicketId}/{ticket.Version}/0"), group, "acceptance_wanted", ticket.TicketId, ticket.Queue, now, ticket.Status, number: 0));
    }
}
