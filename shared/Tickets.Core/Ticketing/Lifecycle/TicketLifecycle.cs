using Tickets.Contracts;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>
/// The life of one ticket between its changes: in each status it does the status's steps and beside them reminds until somebody accepts, and when the lifetime is
/// over takes the timeout step. The ticket's row is the truth, looked at anew each time; changes of it only wake this up.
/// </summary>
[DurableTask(LifecycleChanges.Orchestrator)]
internal sealed class TicketLifecycle : TaskOrchestrator<LifecycleState, string>
{
    /// <summary>Databases that are away come back: an outage of a day is waited out. Steps have their own patience (<see cref="StepProgress"/>).</summary>
    internal static readonly TaskOptions Patient = TaskOptions.FromRetryPolicy(new RetryPolicy(200, TimeSpan.FromMilliseconds(500), 2, TimeSpan.FromMinutes(10)));

    public override Task<string> RunAsync(TaskOrchestrationContext context, LifecycleState input) => new TicketLife(context, input).RunAsync();
}

/// <summary>One execution of it.</summary>
internal sealed class TicketLife(TaskOrchestrationContext context, LifecycleState begun)
{
    /// <summary>Then it begins anew, so that its history stays short however long a ticket waits.</summary>
    private const int MostTurns = 40;

    // A step's tries are counted and spaced by what is recorded of them, so that whoever goes on with the life goes on with them.
    private static readonly TaskOptions Once = new() { Timeout = TimeSpan.FromMinutes(2) };
    private static readonly TaskOptions AnHour = TaskOptions.FromRetryPolicy(new RetryPolicy(100, TimeSpan.FromMilliseconds(500), 2, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)));

    private LifecycleState _state = begun;
    private Task<StepOutcome>? _try;
    private bool _ended;
    private long _settings;

    private DateTimeOffset Now => new(context.CurrentUtcDateTime, TimeSpan.Zero);

    public async Task<string> RunAsync()
    {
        if (_state.Arrived)
            Keep(await TakeOverAsync());
        for (var turn = 0; turn < MostTurns || _try is not null; turn++)
        {
            var look = await context.CallActivityAsync<TicketLook?>(LookAtTicket.Name, new LookRequest(_state.Shard, _state.TicketId, _settings), TicketLifecycle.Patient);
            if (look is not { IsOpen: true })
                return "ended";
            if (look.Status != _state.Status)
                Enter(_state.Entered(look.Status, look.UpdatedAt, look.Version, look.Workflow));
            await TurnAsync(look, look.Rules ?? LifecycleRules.None);
        }

        context.ContinueAsNew(_state);
        return "goes on";
    }

    /// <summary>Waits for what comes first: news of the ticket, the end of the step's try, or the time at which something is due; and does that.</summary>
    private async Task TurnAsync(TicketLook look, LifecycleRules rules)
    {
        if (_try is null && LifecycleClock.HasSteps(_state, rules) && _state.StepSince is null)
            Keep(_state with { StepSince = Now });
        var due = LifecycleClock.Next(_state, rules, look.AcceptedBy, Now, stepIsTried: _try is not null);
        if (due is { Kind: DueKind.Step } step && step.At <= Now)
        {
            Begin(look, rules);
            if (_try is null)
                return;
            due = LifecycleClock.Next(_state, rules, look.AcceptedBy, Now, stepIsTried: true);
        }

        using var waiting = new CancellationTokenSource();
        using var timing = new CancellationTokenSource();
        var told = context.WaitForExternalEvent<TicketTold>(TicketTold.Event, waiting.Token);
        List<Task> first = [told];
        if (_try is not null)
            first.Add(_try);
        if (due is { } next)
            first.Add(context.CreateTimer(next.At > Now ? next.At.UtcDateTime : context.CurrentUtcDateTime, timing.Token));
        await Task.WhenAny(first);
        await waiting.CancelInTurnAsync();
        await timing.CancelInTurnAsync();
        if (told.IsCompletedSuccessfully)
            Hear(await told, look.Workflow);
        else if (_try is { IsCompleted: true })
            await EndTryAsync(rules);
        else if (due is { Kind: not DueKind.Step } reached)
            await DoAsync(reached, rules);
    }

    /// <summary>A step that only time ends is over; any other is tried.</summary>
    private void Begin(TicketLook look, LifecycleRules rules)
    {
        var step = _state.StepsTaken < rules.Steps.Count ? rules.Steps[_state.StepsTaken] : new WorkflowStep();
        if (_state.Stuck is null && LifecycleClock.Over(step, _state.StepSince ?? Now) is not null)
        {
            Keep(StepProgress.Next(_state, rules.Steps.Count, Now));
            return;
        }

        _ended = false;
        _try = context.CallActivityAsync<StepOutcome>(TakeStep.Name, new StepRequest(_state, step, look.Queue), Once);
    }

    private async Task EndTryAsync(LifecycleRules rules)
    {
        var tried = _try!;
        _try = null;
        try
        {
            Keep(StepProgress.After(_state, await tried, rules.Steps.Count, Now));
        }
        catch (TaskFailedException fault)
        {
            Keep(StepProgress.AfterFault(_state, fault.FailureDetails, Now));
        }

        // What it waits for may have ended after it had looked.
        if (_ended)
            Keep(_state with { StepDue = null });
        _ended = false;
    }

    private async Task DoAsync(Due due, LifecycleRules rules)
    {
        if (due.Kind == DueKind.Timeout)
        {
            // The steps have no longer than this.
            _try = null;
            await TimeOutAsync(rules);
            Keep(StepProgress.Ended(_state) with { TimedOut = true });
            return;
        }

        var number = _state.Reminded + 1;
        var sent = await context.CallActivityAsync<bool>(RemindGroup.Name, new Reminder(_state, number), TicketLifecycle.Patient);
        Keep(_state with { Reminded = number, RemindedAt = LifecycleClock.Reminded(due.At, rules.RemindEvery ?? TimeSpan.Zero, Now), Messaged = sent ? number : _state.Messaged });
    }

    /// <summary>The creator is told; the ticket goes where its workflow sends it, or a ticket about it is made.</summary>
    private async Task TimeOutAsync(LifecycleRules rules)
    {
        var moved = rules.HasOnTimeout || rules.SendsOn
            ? await context.CallActivityAsync<SentOn>(SendTicketOn.Name, new SendOnRequest(_state, IsTimeout: true), TicketLifecycle.Patient)
            : new SentOn(null, "Its lifetime is over, and its workflow says nothing about that.");
        var error = moved is { To: null, IsStuck: true }
            ? await context.CallActivityAsync<long?>(OpenErrorTicket.Name, new ErrorTicketRequest(_state, moved.Why, IsTimeout: true), TicketLifecycle.Patient)
            : null;
        await context.CallActivityAsync(TellCreator.Name, new TimedOut(_state, error), TicketLifecycle.Patient);
    }

    private void Hear(TicketTold told, string? workflow)
    {
        _settings = Math.Max(_settings, told.SettingsRevision);
        _ended |= told.StepEnded;
        if (told.StepEnded && _try is null && !_state.StepsDone)
            Keep(_state with { StepDue = null });
        // What was seen in the row already is no news.
        if (told.Entered is { } entered && told.Version > _state.EnteredVersion)
            Enter(_state.Entered(entered, told.At, told.Version, told.Workflow ?? workflow, told.Asked));
    }

    /// <summary>What a step of the last status still comes to is nothing to this one.</summary>
    private void Enter(LifecycleState state)
    {
        _try = null;
        Keep(state);
    }

    private async Task<LifecycleState> TakeOverAsync()
    {
        try
        {
            return await context.CallActivityAsync<LifecycleState?>(TakeOverLife.Name, _state, AnHour) ?? _state with { Arrived = false };
        }
        catch (TaskFailedException)
        {
            // The shard that it came from stays away. A ticket that does its status's steps anew is better than one that does nothing.
            return _state with { Arrived = false };
        }
    }

    /// <summary>It is to be seen from outside, too: whoever begins this life anew goes on from it.</summary>
    private void Keep(LifecycleState state)
    {
        _state = state;
        context.SetCustomStatus(state);
    }
}
