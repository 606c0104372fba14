using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Notifications;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>The steps of a status, one after the other, while the ticket stays in it and its lifetime lasts (L4).</summary>
internal sealed class LifecycleSteps(TaskOrchestrationContext context, TicketLook look, LifecycleRules rules, LifecycleState state)
{
    private static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(1);

    private readonly List<long> _children = [];
    private bool _left;

    public bool IsTimedOut { get; private set; }

    /// <returns>What told that the ticket is not there any more; null when the steps are done or the lifetime is over.</returns>
    public async Task<TicketTold?> RunAsync()
    {
        var steps = AllAsync();
        using var timing = new CancellationTokenSource();
        var lifetime = rules.Lifetime is { } time
            ? context.CreateTimer(TicketLifecycle.Later(state.Since + time - TicketLifecycle.Now(context)), timing.Token)
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
                if (news.Entered is null || news.Version <= state.EnteredVersion)
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
                await TimeOut.RunAsync(context, state, rules);
            }
            else if (await steps is { } failure)
            {
                await ErrorTicket.MakeAsync(context, state, failure);
            }

            return null;
        }
    }

    /// <returns>Why the ticket is stuck, or null.</returns>
    private async Task<string?> AllAsync()
    {
        foreach (var step in rules.Steps)
        {
            try
            {
                if (await OneAsync(step) is { } failure)
                    return failure;
            }
            catch (TaskFailedException fault)
            {
                return fault.FailureDetails.ToString();
            }

            if (_left)
                return null;
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
                await context.CallActivityAsync(MakeChildTicket.Name, new ChildRequest(state, number, child), TicketLifecycle.Patient);
                _children.Add(number);
                return null;
            case { Wait: { } wait }:
                await context.CreateTimer(Platform.Json.Iso8601Duration.TryParse(wait, out var time) ? time : TimeSpan.Zero);
                return null;
            case { Until: { } until }:
                await context.CreateTimer(until.UtcDateTime);
                return null;
            case { UntilClosed: { } closed }:
                await UntilClosedAsync(closed == "children" ? _children : [long.Parse(closed, System.Globalization.CultureInfo.InvariantCulture)]);
                return null;
            case { SendOn: true }:
                var sent = await context.CallActivityAsync<SentOn>(SendTicketOn.Name, new SendOnRequest(state, IsTimeout: false), TicketLifecycle.Patient);
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
        using var document = JsonDocument.Parse(TicketNotifications.Message(state, look.Queue));
        return document.RootElement.Clone();
    }
}
