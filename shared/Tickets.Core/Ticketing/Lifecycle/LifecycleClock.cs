namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>When something is next to happen to a waiting ticket (L1, L2). Pure.</summary>
internal static class LifecycleClock
{
    /// <summary>
    /// Reminders go out every so often until somebody accepts. A lifetime ends with acceptance too where acceptance is asked for; where it is not, it is that of the status.
    /// </summary>
    /// <returns>Null when nothing is to come.</returns>
    public static Due? Next(LifecycleState state, LifecycleRules rules, string? acceptedBy, DateTimeOffset now)
    {
        var asksForAcceptance = rules.RemindEvery is not null;
        if (asksForAcceptance && acceptedBy is not null)
            return null;
        var end = !state.TimedOut && rules.Lifetime is { } lifetime ? state.Since + lifetime : (DateTimeOffset?)null;
        if (rules.RemindEvery is not { } every || state.TimedOut)
            return end is { } only ? new Due(only, null) : null;
        // Those that were missed are not sent after the fact: only the last of them.
        var number = Math.Max(state.Reminded + 1, (int)Math.Min(int.MaxValue - 1, (now - state.Since).Ticks / every.Ticks));
        var reminder = state.Since + (every * number);
        return end <= reminder ? new Due(end.Value, null) : new Due(reminder, number);
    }

    /// <summary>When the orchestration of a ticket that just entered a status has first something to do.</summary>
    public static DateTimeOffset First(Workflows.StatusLifecycle? status, DateTimeOffset since)
    {
        if (status is null || status.Steps.Count > 0)
            return since;
        return since + (status.Lifetime, status.RemindEvery) switch
        {
            ({ } lifetime, { } every) => lifetime < every ? lifetime : every,
            ({ } lifetime, null) => lifetime,
            (null, { } every) => every,
            _ => TimeSpan.Zero,
        };
    }
}

/// <param name="Reminder">Its number; null when the lifetime is over.</param>
internal readonly record struct Due(DateTimeOffset At, int? Reminder);
