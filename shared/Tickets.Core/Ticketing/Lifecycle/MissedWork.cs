namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>What a ticket's life may lack.</summary>
internal enum Missed
{
    Nothing,

    /// <summary>It has no orchestration that has not ended.</summary>
    Life,

    /// <summary>A change of the ticket, or an answer, never reached it.</summary>
    Message,

    /// <summary>Something is to happen in its status, but nothing will wake it then.</summary>
    Due,

    /// <summary>A message to its group that was written is not there.</summary>
    Notification,

    /// <summary>Nothing is wrong: it is of an earlier version of this program, and is begun anew in this one's.</summary>
    Upgrade,
}

/// <summary>An open ticket with its orchestration, both as they stood at one instant.</summary>
internal sealed record SweptTicket(long TicketId, string Status, DateTimeOffset UpdatedAt, long Version, string? Group, string? AcceptedBy)
{
    /// <summary>The orchestrator of one that has not ended; null: there is none.</summary>
    public string? Name { get; init; }

    /// <summary>Null: never.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>A worker has it; its lease ends by itself.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Suspended, or parked with a reason: it waits for an operator.</summary>
    public bool IsStalled { get; init; }

    /// <summary>Messages that are counted for it.</summary>
    public int Pending { get; init; }
    public bool HasMessages { get; init; }
    public bool HasActivities { get; init; }

    /// <summary>What is recorded of the orchestration is that it has not ended.</summary>
    public bool IsRunning { get; init; }

    /// <summary>It came to its end as it should: the record is of a life that is over.</summary>
    public bool IsOver { get; init; }

    /// <summary>What it recorded last.</summary>
    public LifecycleState? Life { get; init; }
}

/// <summary>Compares a ticket with what should be under way for it (L5). Pure.</summary>
internal static class MissedWork
{
    /// <summary>Timers stand in the table as exactly as they are computed; the grace is for clocks that differ.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Messages are kept for 30 days.</summary>
    private static readonly TimeSpan MessagesKept = TimeSpan.FromDays(29);

    public static Missed Of(SweptTicket ticket, LifecycleRules rules, DateTimeOffset now)
    {
        if (ticket.Name is null)
            return Missed.Life;
        if (ticket.IsStalled || ticket.IsHeld)
            return Missed.Nothing;
        if (ticket.Name == LifecycleChanges.EarlierOrchestrator)
            return Missed.Upgrade;
        if (!ticket.IsRunning || ticket.Life is not { } life)
            return Missed.Life;
        if (ticket.Pending > 0)
            return ticket.HasMessages ? Missed.Nothing : Missed.Message;
        if (ticket.HasActivities || ticket.DueAt <= now)
            return Missed.Nothing;
        if (life.Status != ticket.Status)
            return Missed.Message;
        var next = LifecycleClock.Next(life, rules, ticket.AcceptedBy, now)?.At;
        return next is { } at && (ticket.DueAt is not { } due || due > (at > now ? at : now) + Grace) ? Missed.Due : Missed.Nothing;
    }

    /// <summary>The number of the message that must be there, and its group; null when none must.</summary>
    public static (LifecycleState Life, int Number, string Group)? MessageOf(SweptTicket ticket, LifecycleRules rules, DateTimeOffset now) =>
        ticket is { AcceptedBy: null, Life: { Messaged: { } number } life } && life.Status == ticket.Status && rules.RemindEvery is not null
        && (ticket.Group ?? rules.Group) is { } group && (life.RemindedAt ?? life.Since) > now - MessagesKept
            ? (life, number, group)
            : null;
}
