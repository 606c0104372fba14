using Npgsql;
using Tickets.Core.Archive;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing;

/// <summary>
/// The second step of a ticket's return from cold: its copies there are struck out. Until then the shard's word keeps them from counting (<see cref="TierMoves"/>);
/// who moves a queue away from the shard has to do it first.
/// </summary>
internal sealed class TicketReturns(ShardSet shards, SettingsCache settings, ColdTickets cold, TierMoves moves, Withdrawal withdrawal, TimeProvider clock)
{
    public Task<UnsettledReturn?> FindAsync(QueueSettings queue, string shard, long ticketId, CancellationToken cancel) => moves.UnsettledReturnAsync(shard, queue.Name, ticketId, cancel);

    /// <summary>Ends one return. Harmless to repeat.</summary>
    public async Task SettleAsync(QueueSettings queue, string shard, long ticketId, UnsettledReturn back, CancellationToken cancel)
    {
        // While the archiver's lease is held, what is hot stays hot, and the queue stays where it is.
        await using var lease = await ArchiveLease.TakeAsync(shards[shard].Sessions, queue.QueueId, clock, cancel);
        await settings.RefreshAsync(cancel);
        if (settings.Current.Queues[queue.Name].ShardOf(ticketId) == shard)
            await SettleHeldAsync(queue, shard, ticketId, back, cancel);
    }

    /// <summary>Ends all returns that were cut off on a shard. The caller holds the queue's lease there.</summary>
    public async Task SettleAllAsync(QueueSettings queue, string shard, CancellationToken cancel)
    {
        foreach (var (ticketId, back) in await moves.UnsettledReturnsAsync(shard, queue.Name, cancel))
            await SettleHeldAsync(queue, shard, ticketId, back, cancel);
    }

    private async Task SettleHeldAsync(QueueSettings queue, string shard, long ticketId, UnsettledReturn back, CancellationToken cancel)
    {
        // Not when it has been archived anew meanwhile: then its newest copy counts, and is found before the others.
        if (await IsHotAsync(shards[shard], ticketId, cancel) || (await cold.LookupAsync([queue.Name], [shard], ticketId, cancel)).Json is null)
            await withdrawal.RunAsync(queue.Name, back.Day, [ticketId], cancel);
        await moves.SettleReturnAsync(shard, queue.Name, ticketId, back.Version, cancel);
    }

    private static async Task<bool> IsHotAsync(Shard shard, long ticketId, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select exists (select from ticket_numbers_used where ticket_id = $1 and queue_id is not null and not gone)");
        command.Parameters.Add(Sql.Value(ticketId));
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }
}
