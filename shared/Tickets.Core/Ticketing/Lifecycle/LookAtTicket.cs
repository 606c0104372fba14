using Tickets.Core.Orchestration;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <param name="SettingsRevision">Settings at least as new as this.</param>
internal sealed record LookRequest(string Shard, long TicketId, long SettingsRevision);

/// <summary>Reads a ticket and the rules of its status; null when it is not on the shard any more.</summary>
[DurableTask(Name)]
internal sealed class LookAtTicket(TicketRow rows, SettingsCache settings) : TaskActivity<LookRequest, TicketLook?>
{
    public const string Name = "look-at-ticket";

    public override async Task<TicketLook?> RunAsync(TaskActivityContext context, LookRequest input)
    {
        if (settings.Current.Revision < input.SettingsRevision)
            await settings.RefreshAsync(context.Cancellation);
        if (await rows.FindAsync(input.Shard, input.TicketId, context.Cancellation) is not { } ticket)
            return null;
        var rules = ticket.Queue.Workflow.Statuses.GetValueOrDefault(ticket.Status)?.Lifecycle;
        return new TicketLook(
            ticket.Queue.Name,
            ticket.Status,
            ticket.Version,
            ticket.UpdatedAt,
            ticket is { ClosedAt: null, MovingTo: null } && ticket.Queue.Workflow.HasLifecycle,
            ticket.Group,
            ticket.AcceptedBy,
            rules is null ? null : LifecycleRules.Of(rules),
            ticket.Queue.Workflow.Definition.WorkflowId);
    }
}

/// <summary>A ticket's row on a shard, whichever queue it is in there. What a queue left behind when it went to another shard is not there.</summary>
internal sealed class TicketRow(ShardSet shards, SettingsCache settings)
{
    public async Task<TicketState?> FindAsync(string shard, long ticketId, CancellationToken cancel)
    {
        await using var connection = await shards[shard].Database.OpenConnectionAsync(cancel);
        await using var find = new Npgsql.NpgsqlCommand("select queue_id from ticket_numbers_used where ticket_id = $1 and not gone and queue_id is not null", connection);
        find.Parameters.Add(Sql.Value(ticketId));
        if (await find.ExecuteScalarAsync(cancel) is not int queueId || await settings.FindQueueAsync(queueId, cancel) is not { } queue || queue.ShardOf(ticketId) != shard)
            return null;
        await using var read = new Npgsql.NpgsqlCommand($"select {TicketColumns.All} from {queue.TicketsTable} where ticket_id = $1", connection);
        read.Parameters.Add(Sql.Value(ticketId));
        await using var reader = await read.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? TicketColumns.Read(reader, queue) : null;
    }

    /// <returns>The block's JSON; null when the ticket has none of this name.</returns>
    public async Task<string?> BlockAsync(string shard, TicketState ticket, string block, CancellationToken cancel)
    {
        await using var read = shards[shard].Database.CreateCommand($"select data from {ticket.Queue.MetaTable} where ticket_id = $1 and block = $2");
        read.Parameters.Add(Sql.Value(ticket.TicketId));
        read.Parameters.Add(Sql.Value(block));
        return await read.ExecuteScalarAsync(cancel) as string;
    }
}
