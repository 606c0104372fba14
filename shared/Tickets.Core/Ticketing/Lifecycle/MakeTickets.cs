using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tickets.Contracts;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Numbers;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <param name="IsTimeout">It is about the end of its lifetime, not about a step.</param>
internal sealed record ErrorTicketRequest(LifecycleState State, string Why, bool IsTimeout);

/// <summary>Makes the ticket about one that can go nowhere, and tells the group (L3). About one that is itself about another none is made.</summary>
[DurableTask(Name)]
internal sealed class OpenErrorTicket(ErrorTickets errors) : TaskActivity<ErrorTicketRequest, long?>
{
    public const string Name = "open-error-ticket";

    /// <returns>Its number; null when there is none.</returns>
    public override Task<long?> RunAsync(TaskActivityContext context, ErrorTicketRequest input) => errors.MakeAsync(input, context.Cancellation);
}

/// <inheritdoc cref="OpenErrorTicket"/>
internal sealed class ErrorTickets(TicketRow rows, TicketMaker maker, ShardSet shards, TimeProvider clock, ILogger<ErrorTickets> logger)
{
    /// <returns>Its number; null when there is none: the ticket is itself about another, is gone, or no queue takes the ticket about it, which the group is told then.</returns>
    /// <exception cref="StepDelayedException">Try again.</exception>
    public async Task<long?> MakeAsync(ErrorTicketRequest request, CancellationToken cancel)
    {
        var state = request.State;
        if (await rows.FindAsync(state.Shard, state.TicketId, cancel) is not { } ticket)
            return null;
        if (await rows.BlockAsync(state.Shard, ticket, LifecycleChanges.ErrorBlock, cancel) is not null)
            return null;
        var rules = ticket.Queue.Workflow.Statuses.GetValueOrDefault(state.Status)?.Lifecycle;
        var group = rules?.Group ?? ticket.Group;
        var about = JsonSerializer.Serialize(new { ticket_id = TicketId.Format(state.TicketId), queue = ticket.Queue.Name, status = state.Status, why = request.Why });
        var step = request.IsTimeout ? StepNumbers.OfTimeout : StepNumbers.OfStuckStep;
        IReadOnlyList<MetaWrite> meta = [new MetaWrite(LifecycleChanges.ErrorBlock, about)];

        // A queue for errors that is not there, or takes none, must not hide the error: then it goes where the ticket is.
        var made = await maker.MakeAsync(rules?.ErrorQueue ?? ticket.Queue.Name, state, step, group, meta, cancel);
        if (made.IsProblem && rules?.ErrorQueue is not null)
            made = await maker.MakeAsync(ticket.Queue.Name, state, step, group, meta, cancel);
        if (made.IsProblem)
            logger.NoErrorTicket(state.TicketId, request.Why, made.Problem.Detail ?? made.Problem.Title);
        long? number = made.IsProblem ? null : made.Value;
        if (group is not null)
        {
            await StoreNotifications.Async(
                shards[state.Shard], [TicketNotifications.Of($"{state.Stay}/error{(request.IsTimeout ? "" : "/step")}", group, "error_ticket", state.TicketId, ticket.Queue, clock.GetUtcNow(), state.Status, errorTicket: number)], cancel);
        }

        return number;
    }
}

/// <summary>Makes tickets for a ticket's steps: for each step of each stay there is one, however often and wherever it is made.</summary>
internal sealed class TicketMaker(SettingsCache settings, NumberedCreates creates, StepNumbers numbers, TimeProvider clock)
{
    private static readonly TimeSpan UseKept = TimeSpan.FromDays(1);

    /// <returns>Its number; or why it is refused, for good.</returns>
    /// <exception cref="StepDelayedException">Try again.</exception>
    public async Task<Result<long>> MakeAsync(string queueName, LifecycleState state, int step, string? group, IReadOnlyList<MetaWrite> meta, CancellationToken cancel)
    {
        var number = await numbers.TakeAsync(state, step, cancel);
        if (number.IsMade)
            return number.Number;
        if (await settings.FindQueueAsync(queueName, cancel) is not { } queue)
            return Problems.QueueNotFound(queueName);
        if (queue.Workflow.Initial.ResolutionRequired)
            return Problems.Invalid("/status", $"A ticket of queue '{queueName}' cannot begin in '{queue.Workflow.Initial.Name}', which requires a resolution.");
        var command = new CreateTicket(queue, number.Number)
        {
            Nonce = new NonceUse(ContentHash.Of($"lifecycle/{state.Stay}/{step}"), clock.GetUtcNow() + UseKept),
            Status = queue.Workflow.Initial.Name,
            Group = group,
            ParentId = state.TicketId,
            Meta = meta,
        };
        var written = await creates.CreateAsync(command, numbers.HomeNameOf(state), cancel);
        if (written.IsProblem)
        {
            TicketSender.ThrowIfPassing(written.Problem);
            return written.Problem;
        }

        await numbers.MadeAsync(state, step, cancel);
        return number.Number;
    }
}
