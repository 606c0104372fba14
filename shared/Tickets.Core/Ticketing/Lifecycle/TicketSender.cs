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

/// <inheritdoc cref="TicketSender"/>
[DurableTask(Name)]
internal sealed class SendTicketOn(TicketSender sender) : TaskActivity<SendOnRequest, SentOn>
{
    public const string Name = "send-ticket-on";

    public override Task<SentOn> RunAsync(TaskActivityContext context, SendOnRequest input) => sender.SendAsync(input.State, input.IsTimeout, context.Cancellation);
}

/// <summary>Sends a ticket to the normal next status; where that is refused, to the others allowed, in order (L3).</summary>
internal sealed class TicketSender(TicketRow rows, ShardWriters writers, TimeProvider clock)
{
    private static readonly TimeSpan AnswerKept = TimeSpan.FromDays(1);

    /// <exception cref="StepDelayedException">Try again.</exception>
    public async Task<SentOn> SendAsync(LifecycleState state, bool isTimeout, CancellationToken cancel)
    {
        if (await rows.FindAsync(state.Shard, state.TicketId, cancel) is not { } ticket)
            return new SentOn(null, "The ticket has left the shard.", IsStuck: false);
        var why = "Its workflow allows no step from here.";
        foreach (var target in Ways(ticket.Queue.Workflow.Statuses.GetValueOrDefault(state.Status), isTimeout))
        {
            var written = await writers[state.Shard].WriteAsync(Update(ticket, state, target), cancel);
            if (!written.IsProblem)
                return new SentOn(target.To, "");
            if (written.Problem.Code == ProblemCodes.UnmetConditions)
                return new SentOn(null, "It is in another status by now.", IsStuck: false);
            ThrowIfPassing(written.Problem);
            why = written.Problem.Detail ?? written.Problem.Title;
        }

        return new SentOn(null, why);
    }

    /// <summary>What is away or busy is tried again; what is refused stays refused.</summary>
    internal static void ThrowIfPassing(Problem problem)
    {
        if (problem.Code == ProblemCodes.Internal)
            throw new InvalidOperationException(problem.Detail ?? problem.Title);
        if (problem.Status >= 500 || problem.Status == 429)
            throw new StepDelayedException(problem.Detail ?? problem.Title);
    }

    /// <summary>The steps to try, in order, each once.</summary>
    internal static IEnumerable<Transition> Ways(StatusRules? status, bool isTimeout)
    {
        var first = isTimeout && status?.Lifecycle?.OnTimeout is { } wanted ? OnTimeout.Taken(wanted, status.To) : null;
        return first is null ? status?.To ?? [] : status!.To.Prepend(first).Distinct();
    }

    /// <summary>Only from the status that it is in; however often it is tried, it happens once.</summary>
    private UpdateTicket Update(TicketState ticket, LifecycleState state, Transition target) => new(ticket.Queue, state.TicketId)
    {
        Expected = [new ExpectedStatus(state.Status)],
        Status = target.To,
        Resolution = target.Rule == ResolutionRule.MustSet ? target.Resolution : null,
        UnsetResolution = target.Rule == ResolutionRule.MustClear && ticket.Resolution is not null,
        Idempotency = new IdempotencyUse(ContentHash.Of($"lifecycle/{state.Stay}\n{target}"), ContentHash.Of($"{state.Stay}\n{target}"), clock.GetUtcNow() + AnswerKept),
    };
}
