using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Notifications;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>The steps of a status, one after the other, while the ticket stays in it and its lifetime lasts (L4).</summary>
/// <param name="entered">The ticket as it was when they began, or when they were taken up again.</param>
/// <param name="change">Told of each step that is done.</param>
internal sealed class LifecycleSteps(TaskOrchestrationContext context, TicketLook look, LifecycleRules rules, LifecycleState entered, Action<LifecycleState> change)
{
    private static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(1);

    private bool _left;

    public LifecycleState State { get; private set; } = entered;

    public bool IsTimedOut { get; private set; }

    /// <returns>What told that the ticket is not there any more; null when the steps are done or the lifetime is over.</returns>
    public async Task<TicketTold?> RunAsync()
    {
        var steps = AllAsync();
        using var timing = new CancellationTokenSource();
        var lifetime = rules.Lifetime is { } time
            ? context.CreateTimer(TicketLifecycle.Later(State.Since + time - TicketLifecycle.Now(context)), timing.Token)
            : new TaskCompletionSource().Task;
        while (true)
        {
            using var waiting = new CancellationTokenSource();
            var told = context.WaitForExternalEvent<TicketTold>(TicketTold.Event, waiting.Token);
            var first = await Task.WhenAny(steps, told, lifetime);
            if (first == told)
            {
                // What was seen in the row already is no news: the steps of a status are done once.
                var news = await told;
                if (news.Entered is null || news.Version <= State.EnteredVersion)
                    continue;
                _left = true;
                await timing.CancelInTurnAsync();
                return news;
            }

            await waiting.CancelInTurnAsync();
            await timing.CancelInTurnAsync();
            _left = true;
            if (first == lifetime)
            {
                IsTimedOut = true;
                await TimeOut.RunAsync(context, State, rules);
            }
            else if (await steps is { } failure)
            {
                await ErrorTicket.MakeAsync(context, State, failure);
            }

            return null;
        }
    }

    /// <returns>Why the ticket is stuck, or null.</returns>
    private async Task<string?> AllAsync()
    {
        while (State.StepsTaken < rules.Steps.Count)
        {
            try
            {
                if (await OneAsync(rules.Steps[State.StepsTaken]) is { } failure)
                    return failure;
            }
            catch (TaskFailedException fault)
            {
                return fault.FailureDetails.ToString();
            }

            if (_left)
                return null;
            change(State = State with { StepsTaken = State.StepsTaken + 1 });
        }

        return null;
    }

    private async Task<string?> OneAsync(WorkflowStep step)
    {
        switch (step)
        {
            case { Webhook: { } address }:
                await context.CallSubOrchestratorAsync<string>("webhook-delivery", new WebhookMessage(address, "ticket.entered", Message()));
                return null;
            case { Create: { } child }:
                var number = await context.CallActivityAsync<long>(TakeNumber.Name, null, TicketLifecycle.Patient);
                await context.CallActivityAsync(MakeChildTicket.Name, new ChildRequest(State, number, child), TicketLifecycle.Patient);
                State = State with { Children = [.. State.Children, number] };
                return null;
            case { Wait: { } wait }:
                await context.CreateTimer(Platform.Json.Iso8601Duration.TryParse(wait, out var time) ? time : TimeSpan.Zero);
                return null;
            case { Until: { } until }:
                await context.CreateTimer(until.UtcDateTime);
                return null;
            case { UntilClosed: { } closed }:
                await UntilClosedAsync(closed == "children" ? State.Children : [long.Parse(closed, System.Globalization.CultureInfo.InvariantCulture)]);
                return null;
            case { SendOn: true }:
                var sent = await context.CallActivityAsync<SentOn>(SendTicketOn.Name, new SendOnRequest(State, IsTimeout: false), TicketLifecycle.Patient);
                return sent is { To: null, IsStuck: true } ? sent.Why : null;
            default:
                return "The step says nothing.";
        }
    }

    /// <summary>Looks now and then, ever less often: the tickets may be on any shard, hot or cold.</summary>
    private async Task UntilClosedAsync(IReadOnlyList<long> tickets)
    {
        var pause = TimeSpan.FromMilliseconds(500);
        while (!_left && !await context.CallActivityAsync<bool>(AreClosed.Name, tickets, TicketLifecycle.Patient))
        {
            await context.CreateTimer(pause);
            pause = pause * 2 < LongestLook ? pause * 2 : LongestLook;
        }
    }

    private JsonElement Message()
    {
        using var document = JsonDocument.Parse(TicketNotifications.Message(State, look.Queue));
        return document.RootElement.Clone();
    }
}
