using System.Text.Json;
using Npgsql;
using Tickets.Core.Notifications;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Lifecycle;

internal sealed record Reminder(LifecycleState State, int Number);

/// <param name="ErrorTicket">The ticket that was made about it, if one was.</param>
internal sealed record TimedOut(LifecycleState State, long? ErrorTicket);

/// <summary>Reminds the group of a ticket that nobody has accepted; answers whether there was anybody to remind.</summary>
[DurableTask(Name)]
internal sealed class RemindGroup(TicketRow rows, ShardSet shards, TimeProvider clock) : TaskActivity<Reminder, bool>
{
    public const string Name = "remind-group";

    public override async Task<bool> RunAsync(TaskActivityContext context, Reminder input)
    {
        var state = input.State;
        // It may have been accepted, or have gone on, a moment ago.
        if (await rows.FindAsync(state.Shard, state.TicketId, context.Cancellation) is not { AcceptedBy: null, ClosedAt: null } ticket || ticket.Status != state.Status)
            return false;
        if ((ticket.Group ?? ticket.Queue.Workflow.Statuses.GetValueOrDefault(state.Status)?.Lifecycle?.Group) is { } group)
        {
            var reminder = TicketNotifications.ToGroup(state.TicketId, state.EnteredVersion, input.Number, group, ticket.Queue, clock.GetUtcNow(), state.Status);
            await StoreNotifications.Async(shards[state.Shard], [reminder], context.Cancellation);
            return true;
        }

        return false;
    }
}

/// <summary>Tells a ticket's creator that its lifetime is over: who the block <c>created_by</c> names, else the group.</summary>
[DurableTask(Name)]
internal sealed class TellCreator(TicketRow rows, ShardSet shards, TimeProvider clock) : TaskActivity<TimedOut, object?>
{
    public const string Name = "tell-creator";

    public override async Task<object?> RunAsync(TaskActivityContext context, TimedOut input)
    {
        var state = input.State;
        if (await rows.FindAsync(state.Shard, state.TicketId, context.Cancellation) is not { } ticket)
            return null;
        if ((await CreatorAsync(state.Shard, ticket, context.Cancellation) ?? ticket.Group ?? ticket.Queue.Workflow.Statuses.GetValueOrDefault(state.Status)?.Lifecycle?.Group) is { } creator)
        {
            await StoreNotifications.Async(
                shards[state.Shard], [TicketNotifications.Of($"{state.Stay}/timed_out", creator, "timed_out", state.TicketId, ticket.Queue, clock.GetUtcNow(), state.Status, errorTicket: input.ErrorTicket)], context.Cancellation);
        }

        return null;
    }

    private async Task<string?> CreatorAsync(string shard, Rules.TicketState ticket, CancellationToken cancel)
    {
        if (await rows.BlockAsync(shard, ticket, LifecycleChanges.CreatorBlock, cancel) is not { } json)
            return null;
        using var creator = JsonDocument.Parse(json);
        return creator.RootElement.ValueKind == JsonValueKind.String ? creator.RootElement.GetString() : null;
    }
}

internal static class StoreNotifications
{
    public static async Task Async(Shard shard, IReadOnlyList<NewNotification> notifications, CancellationToken cancel)
    {
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(NotificationStatements.Add(notifications));
        await batch.ExecuteNonQueryAsync(cancel);
    }
}
