using Tickets.Contracts;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>When something is next to happen to a waiting ticket (L1, L2, L4): its clock and its steps go on beside one another. Pure.</summary>
internal static class LifecycleClock
{
    /// <summary>
    /// Reminders go out every so often until somebody accepts. A lifetime ends with acceptance too where acceptance is asked for; where it is not, it is that of the status.
    /// </summary>
    /// <param name="stepIsTried">A try of the step is under way, and nothing of it is due.</param>
    /// <returns>Null when nothing is to come.</returns>
    public static Due? Next(LifecycleState state, LifecycleRules rules, string? acceptedBy, DateTimeOffset now, bool stepIsTried = false)
    {
        Due? next = null;
        if (!stepIsTried && HasSteps(state, rules))
            next = new Due(StepDue(state, rules, now), DueKind.Step);
        if (state.TimedOut || (rules.RemindEvery is not null && acceptedBy is not null))
            return next;
        // One that was missed goes out at once, and only one; the next comes an interval later.
        if (rules.RemindEvery is { } every && (state.RemindedAt ?? state.Since) + every is var reminder && !(reminder > next?.At))
            next = new Due(reminder, DueKind.Reminder);
        if (rules.Lifetime is { } lifetime && state.Since + lifetime is var end && !(end > next?.At))
            next = new Due(end, DueKind.Timeout);
        return next;
    }

    /// <summary>What a reminder that was due then and went out now counts from: a process that was away for long does not make up for what it missed.</summary>
    public static DateTimeOffset Reminded(DateTimeOffset due, TimeSpan every, DateTimeOffset now) => now - due < every ? due : now;

    /// <summary>Something of the status's steps is left to do.</summary>
    public static bool HasSteps(LifecycleState state, LifecycleRules rules) => !state.StepsDone && (state.Stuck is not null || state.StepsTaken < rules.Steps.Count);

    /// <summary>When the step under way is over by the mere passing of time; null for one that has to be tried.</summary>
    public static DateTimeOffset? Over(WorkflowStep step, DateTimeOffset since) => step switch
    {
        { Wait: { } wait } => since + (Iso8601Duration.TryParse(wait, out var time) ? time : TimeSpan.Zero),
        { Until: { } until } => until,
        _ => null,
    };

    /// <summary>When the orchestration of a ticket that just entered a status has first something to do.</summary>
    public static DateTimeOffset First(Workflows.StatusLifecycle? status, DateTimeOffset since)
    {
        if (status is null || status.Steps.Count > 0)
            return since;
        return since + (Shortest(status.Lifetime, status.RemindEvery) ?? TimeSpan.Zero);
    }

    /// <summary>Whatever is due in a status is due in so much time at the latest; null when time brings nothing about.</summary>
    public static TimeSpan? Shortest(TimeSpan? lifetime, TimeSpan? every) => lifetime < every || every is null ? lifetime : every;

    private static DateTimeOffset StepDue(LifecycleState state, LifecycleRules rules, DateTimeOffset now) =>
        state.Stuck is null && Over(rules.Steps[state.StepsTaken], state.StepSince ?? now) is { } over ? over : state.StepDue ?? now;
}

internal enum DueKind
{
    Step,
    Reminder,
    Timeout,
}

internal readonly record struct Due(DateTimeOffset At, DueKind Kind);
