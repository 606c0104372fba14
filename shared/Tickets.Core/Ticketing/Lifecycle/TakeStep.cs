using System.Globalization;
using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Orchestration;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Lifecycle;

internal sealed record StepRequest(LifecycleState State, WorkflowStep Step, string Queue);

/// <summary>Tries a step of a status once (L4). It may be tried again at any time, by anybody who goes on with the ticket's life: its effects happen once.</summary>
[DurableTask(Name)]
internal sealed class TakeStep(BotDeliveries bots, TicketMaker maker, ClosedTickets closed, TicketSender sender, ErrorTickets errors) : TaskActivity<StepRequest, StepOutcome>
{
    public const string Name = "take-step";

    public override async Task<StepOutcome> RunAsync(TaskActivityContext context, StepRequest input)
    {
        var (state, cancel) = (input.State, context.Cancellation);
        if (state.Stuck is { } why)
        {
            await errors.MakeAsync(new ErrorTicketRequest(state, why, IsTimeout: false), cancel);
            return StepOutcome.Done;
        }

        switch (input.Step)
        {
            case { Webhook: { } address }:
                return await bots.DeliverAsync(state, address, input.Queue, cancel);
            case { Create: { } child }:
                return await CreateAsync(state, child, cancel);
            case { UntilClosed: "children" }:
                return await closed.LookAsync(state.Children, areKnown: true, state.StepTries, cancel);
            case { UntilClosed: { } ticket }:
                return await closed.LookAsync([long.Parse(ticket, CultureInfo.InvariantCulture)], areKnown: state.StepTries > 0 && state.FailingSince is null, state.StepTries, cancel);
            case { SendOn: true }:
                var sent = await sender.SendAsync(state, isTimeout: false, cancel);
                return sent is { To: null, IsStuck: true } ? StepOutcome.Failed(sent.Why) : StepOutcome.Done;
            default:
                return StepOutcome.Failed("The step says nothing.");
        }
    }

    private async Task<StepOutcome> CreateAsync(LifecycleState state, ChildTicket child, CancellationToken cancel)
    {
        var meta = (child.Meta ?? new Dictionary<string, JsonElement>()).Select(block => new MetaWrite(block.Key, block.Value.GetRawText())).ToList();
        var made = await maker.MakeAsync(child.Queue, state, state.StepsTaken, child.Group, meta, cancel);
        return made.IsProblem
            ? StepOutcome.Failed($"The child ticket cannot be made: {made.Problem.Detail ?? made.Problem.Title}")
            : StepOutcome.Done with { Child = made.Value };
    }
}
