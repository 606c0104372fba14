using Tickets.Core.Notifications;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>
/// The life of one ticket between its changes: in each status it does the status's steps, reminds until somebody accepts, and when the lifetime is over takes the
/// timeout step. The ticket's row is the truth, looked at anew each time; changes of it only wake this up.
/// </summary>
[DurableTask(LifecycleChanges.Orchestrator)]
internal sealed class TicketLifecycle : TaskOrchestrator<LifecycleState, string>
{
    /// <summary>Then it begins anew, so that its history stays short.</summary>
    private const int MostTurns = 40;

    /// <summary>Databases that are away come back: an outage of a day is waited out.</summary>
    internal static readonly TaskOptions Patient = TaskOptions.FromRetryPolicy(new RetryPolicy(200, TimeSpan.FromMilliseconds(500), 2, TimeSpan.FromMinutes(10)));

    public override async Task<string> RunAsync(TaskOrchestrationContext context, LifecycleState input)
    {
        var state = input;
        var settings = 0L;
        for (var turn = 0; turn < MostTurns; turn++)
        {
            var look = await context.CallActivityAsync<TicketLook?>(LookAtTicket.Name, new LookRequest(state.Shard, state.TicketId, settings), Patient);
            if (look is not { IsOpen: true })
                return "ended";
            if (look.Status != state.Status)
                Keep(state.Entered(look.Status, look.UpdatedAt, look.Version));
            var told = look.Rules is null ? await context.WaitForExternalEvent<TicketTold>(TicketTold.Event) : await LiveAsync(context, look, look.Rules, state, Keep);
            // What was seen in the row already is no news.
            if (told is { Entered: { } entered } && told.Version > state.EnteredVersion)
                Keep(state.Entered(entered, told.At, told.Version));
            settings = Math.Max(settings, told?.SettingsRevision ?? 0);
        }

        context.ContinueAsNew(state);
        return "goes on";

        // It is to be seen from outside, too: what goes on elsewhere with the ticket's queue goes on from it.
        void Keep(LifecycleState changed)
        {
            if (changed with { Reminded = state.Reminded } != state)
                context.SetCustomStatus(changed);
            state = changed;
        }
    }

    /// <returns>What the ticket's next change told; null when something was done by itself.</returns>
    private static async Task<TicketTold?> LiveAsync(TaskOrchestrationContext context, TicketLook look, LifecycleRules rules, LifecycleState state, Action<LifecycleState> change)
    {
        if (rules.Steps.Count > 0 && !state.StepsDone)
        {
            var steps = new LifecycleSteps(context, look, rules, state, change);
            var told = await steps.RunAsync();
            if (told is null)
                change(steps.State with { StepsDone = true, TimedOut = steps.IsTimedOut });
            return told;
        }

        if (LifecycleClock.Next(state, rules, look.AcceptedBy, Now(context)) is not { } due)
            return await context.WaitForExternalEvent<TicketTold>(TicketTold.Event);
        try
        {
            return await context.WaitForExternalEvent<TicketTold>(TicketTold.Event, Later(due.At - Now(context)));
        }
        catch (TaskCanceledException)
        {
            // Nothing was told in time: it is due.
        }

        if (due.Reminder is { } number)
        {
            await context.CallActivityAsync(RemindGroup.Name, new Reminder(state, number), Patient);
            change(state with { Reminded = number });
        }
        else
        {
            await TimeOut.RunAsync(context, state, rules);
            change(state with { TimedOut = true });
        }

        return null;
    }

    /// <summary>The orchestrator's clock.</summary>
    internal static DateTimeOffset Now(TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);

    internal static TimeSpan Later(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;
}

/// <summary>The end of a lifetime: the creator is told; the ticket goes where its workflow sends it, or a ticket about it is made.</summary>
internal static class TimeOut
{
    public static async Task RunAsync(TaskOrchestrationContext context, LifecycleState state, LifecycleRules rules)
    {
        var moved = rules.HasOnTimeout || rules.SendsOn
            ? await context.CallActivityAsync<SentOn>(SendTicketOn.Name, new SendOnRequest(state, IsTimeout: true), TicketLifecycle.Patient)
            : new SentOn(null, "Its lifetime is over, and its workflow says nothing about that.");
        var error = moved is { To: null, IsStuck: true } ? await ErrorTicket.MakeAsync(context, state, moved.Why) : null;
        await context.CallActivityAsync(TellCreator.Name, new TimedOut(state, error), TicketLifecycle.Patient);
    }
}

/// <summary>A ticket for the responsible group about one that can go nowhere (L3).</summary>
internal static class ErrorTicket
{
    /// <returns>Its number; null when the ticket is itself about another.</returns>
    public static async Task<long?> MakeAsync(TaskOrchestrationContext context, LifecycleState state, string why)
    {
        // The number is recorded before it is used, so that however often the ticket is made there is one.
        var number = await context.CallActivityAsync<long>(TakeNumber.Name, null, TicketLifecycle.Patient);
        return await context.CallActivityAsync<long?>(MakeErrorTicket.Name, new ErrorTicketRequest(state, number, why), TicketLifecycle.Patient);
    }
}
