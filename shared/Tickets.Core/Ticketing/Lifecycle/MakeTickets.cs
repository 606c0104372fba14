using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Numbers;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Lifecycle;

internal sealed record ErrorTicketRequest(LifecycleState State, long Number, string Why);

internal sealed record ChildRequest(LifecycleState State, long Number, ChildTicket Child);

/// <summary>Takes a ticket number; one that is not used is a gap.</summary>
[DurableTask(Name)]
internal sealed class TakeNumber(TicketNumbers numbers) : TaskActivity<object?, long>
{
    public const string Name = "take-number";

    public override async Task<long> RunAsync(TaskActivityContext context, object? input) => await numbers.NextAsync(context.Cancellation);
}

/// <summary>Makes the ticket about one that can go nowhere, and tells the group. About one that is itself about another none is made.</summary>
[DurableTask(Name)]
internal sealed class MakeErrorTicket(TicketRow rows, TicketMaker maker, ShardSet shards, TimeProvider clock) : TaskActivity<ErrorTicketRequest, long?>
{
    public const string Name = "make-error-ticket";

    /// <returns>Its number; null when there is none.</returns>
    public override async Task<long?> RunAsync(TaskActivityContext context, ErrorTicketRequest input)
    {
        var state = input.State;
        if (await rows.FindAsync(state.Shard, state.TicketId, context.Cancellation) is not { } ticket)
            return null;
        if (await rows.BlockAsync(state.Shard, ticket, LifecycleChanges.ErrorBlock, context.Cancellation) is not null)
            return null;
        var rules = ticket.Queue.Workflow.Statuses.GetValueOrDefault(state.Status)?.Lifecycle;
        var group = rules?.Group ?? ticket.Group;
        var about = JsonSerializer.Serialize(new { ticket_id = TicketId.Format(state.TicketId), queue = ticket.Queue.Name, status = state.Status, why = input.Why });
        var queue = await maker.MakeAsync(rules?.ErrorQueue ?? ticket.Queue.Name, state.Shard, input.Number, state.TicketId, group, [new MetaWrite(LifecycleChanges.ErrorBlock, about)], context);
        if (queue is null)
            return null;
        if (group is not null)
        {
            await StoreNotifications.Async(
                shards[state.Shard], [TicketNotifications.Of($"{state.Stay}/error", group, "error_ticket", state.TicketId, ticket.Queue, clock.GetUtcNow(), state.Status, errorTicket: input.Number)], context.Cancellation);
        }

        return input.Number;
    }
}

/// <summary>Makes a child ticket as a workflow's step says.</summary>
[DurableTask(Name)]
internal sealed class MakeChildTicket(TicketMaker maker) : TaskActivity<ChildRequest, object?>
{
    public const string Name = "make-child-ticket";

    public override async Task<object?> RunAsync(TaskActivityContext context, ChildRequest input)
    {
        var meta = (input.Child.Meta ?? new Dictionary<string, JsonElement>()).Select(block => new MetaWrite(block.Key, block.Value.GetRawText())).ToList();
        _ = await maker.MakeAsync(input.Child.Queue, input.State.Shard, input.Number, input.State.TicketId, input.Child.Group, meta, context)
            ?? throw new InvalidOperationException($"There is no queue '{input.Child.Queue}' for the child ticket.");
        return null;
    }
}

/// <summary>Makes tickets under numbers that were taken before: made twice, there is one.</summary>
internal sealed class TicketMaker(SettingsCache settings, NumberedCreates creates, TimeProvider clock)
{
    private static readonly TimeSpan UseKept = TimeSpan.FromDays(1);

    /// <param name="home">The shard that remembers the number's use: the same each time.</param>
    /// <returns>The queue; null when there is none of this name.</returns>
    public async Task<QueueSettings?> MakeAsync(string queueName, string home, long number, long parent, string? group, IReadOnlyList<MetaWrite> meta, TaskActivityContext context)
    {
        if (await settings.FindQueueAsync(queueName, context.Cancellation) is not { } queue)
            return null;
        var command = new CreateTicket(queue, number)
        {
            Nonce = new NonceUse(ContentHash.Of(context.Key), clock.GetUtcNow() + UseKept),
            Status = queue.Workflow.Initial.Name,
            Group = group,
            ParentId = parent,
            Meta = meta,
        };
        var written = await creates.CreateAsync(command, home, context.Cancellation);
        return written.IsProblem ? throw new InvalidOperationException(written.Problem.Detail) : queue;
    }
}
