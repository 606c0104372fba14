using Tickets.Contracts;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Ticketing.Writing;
using Tickets.Core.Workflows;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <param name="IsTimeout">The workflow's <c>on_timeout</c> comes first.</param>
internal sealed record SendOnRequest(LifecycleState State, bool IsTimeout);

/// <param name="To">Where the ticket went; null when it stayed.</param>
/// <param name="Why">It stayed.</param>
internal sealed record SentOn(string? To, string Why, bool IsStuck = true);

/// <summary>Sends a ticket to the normal next status; where that is refused, to the others allowed, in order (L3).</summary>
[DurableTask(Name)]
internal sealed class SendTicketOn(TicketRow rows, ShardWriters writers, TimeProvider clock) : TaskActivity<SendOnRequest, SentOn>
{
    public const string Name = "send-ticket-on";
    private static readonly TimeSpan AnswerKept = TimeSpan.FromDays(1);

    public override async Task<SentOn> RunAsync(TaskActivityContext context, SendOnRequest input)
    {
        var state = input.State;
        if (await rows.FindAsync(state.Shard, state.TicketId, context.Cancellation) is not { } ticket)
            return new SentOn(null, "The ticket has left the shard.", IsStuck: false);
        var status = ticket.Queue.Workflow.Statuses.GetValueOrDefault(state.Status);
        var first = input.IsTimeout ? status?.Lifecycle?.OnTimeout : null;
        var why = "Its workflow allows no step from here.";
        foreach (var target in (status?.To ?? []).OrderBy(step => step.To == first?.To ? 0 : 1))
        {
            var written = await writers[state.Shard].WriteAsync(Update(ticket, state, target, context.Key), context.Cancellation);
            if (!written.IsProblem)
                return new SentOn(target.To, "");
            if (written.Problem.Code == ProblemCodes.UnmetConditions)
                return new SentOn(null, "It is in another status by now.", IsStuck: false);
            if (written.Problem.Status >= 500 || written.Problem.Status == 429)
                throw new InvalidOperationException(written.Problem.Detail);
            why = written.Problem.Detail ?? written.Problem.Title;
        }

        return new SentOn(null, why);
    }

    /// <summary>Only from the status that it is in; however often it is tried, it happens once.</summary>
    private UpdateTicket Update(TicketState ticket, LifecycleState state, Transition target, string key) => new(ticket.Queue, state.TicketId)
    {
        Expected = [new ExpectedStatus(state.Status)],
        Status = target.To,
        Resolution = target.Rule == ResolutionRule.MustSet ? target.Resolution : null,
        UnsetResolution = target.Rule == ResolutionRule.MustClear && ticket.Resolution is not null,
        Idempotency = new IdempotencyUse(ContentHash.Of($"{key}\n{target}"), ContentHash.Of($"{state.Stay}\n{target}"), clock.GetUtcNow() + AnswerKept),
    };
}
