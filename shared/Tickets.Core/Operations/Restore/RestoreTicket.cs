using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Format;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Core.Operations.Restore;

/// <summary>
/// Brings a ticket back from cold to hot. First it is made hot, in one transaction with its <c>restored</c> op and the word that earlier copies do not count any more
/// (<see cref="TierMoves"/>). Then its cold copies are withdrawn, while no archiver can be moving it again. A run that was cut off between the two is ended by the next one
/// before anything else, wherever the ticket went meanwhile: so it is never made hot twice.
/// </summary>
public sealed class RestoreTicket
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2 * JsonBody.MaxDepth };
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly ShardWriters _writers;
    private readonly ColdTickets _cold;
    private readonly TierMoves _moves;
    private readonly Withdrawal _withdrawal;
    private readonly TimeProvider _clock;

    internal RestoreTicket(ShardSet shards, SettingsCache settings, ShardWriters writers, ColdTickets cold, TierMoves moves, Withdrawal withdrawal, TimeProvider clock) =>
        (_shards, _settings, _writers, _cold, _moves, _withdrawal, _clock) = (shards, settings, writers, cold, moves, withdrawal, clock);

    /// <returns>The version with which the ticket is hot again; or why it cannot come back.</returns>
    /// <exception cref="OfflinePartException">Its part has to be brought back first.</exception>
    public async Task<Result<long>> RunAsync(string queueName, long ticketId, CancellationToken cancel)
    {
        if (await _settings.FindQueueAsync(queueName, cancel) is not { } queue)
            return Problems.QueueNotFound(queueName);
        var shard = queue.ShardOf(ticketId);
        var cutOff = await _moves.UnsettledReturnAsync(shard, queueName, ticketId, cancel);
        if (cutOff is not null)
            await WithdrawAsync(queue, shard, ticketId, cutOff, cancel);
        var found = await _cold.LookupAsync([queueName], [shard], ticketId, cancel);
        if (found.Json is not { } json)
            return cutOff is null ? Problems.TicketNotFound(TicketId.Format(ticketId)) : cutOff.Version;

        using var document = JsonDocument.Parse(json, Deep);
        var ticket = ArchivedTicket.Read(document.RootElement, queue);
        if (ticket.IsProblem)
            return ticket.Problem;
        var returned = await _writers[shard].WriteAsync(new ReturnTicket(queue, ticket.Value), cancel);
        if (returned.IsProblem)
            return returned.Problem;
        await WithdrawAsync(queue, shard, ticketId, new UnsettledReturn(ticket.Value.Version, found.Day), cancel);
        return returned.Value.Versions.Ticket;
    }

    /// <summary>Holding the archiver's lease, it is certain that what is hot stays hot while the cold copies are struck out.</summary>
    private async Task WithdrawAsync(QueueSettings queue, string shard, long ticketId, UnsettledReturn back, CancellationToken cancel)
    {
        await using var lease = await HeldAsync(_shards[shard].Sessions, queue.QueueId, cancel);
        // Not when it has been archived anew meanwhile: then its newest copy counts, and is found before the others.
        if (await IsHotAsync(_shards[shard], ticketId, cancel) || (await _cold.LookupAsync([queue.Name], [shard], ticketId, cancel)).Json is null)
            await _withdrawal.RunAsync(queue.Name, back.Day, [ticketId], cancel);
        await _moves.SettleReturnAsync(shard, queue.Name, ticketId, back.Version, cancel);
    }

    private static async Task<bool> IsHotAsync(Shard shard, long ticketId, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select exists (select from ticket_numbers_used where ticket_id = $1 and queue_id is not null and not gone)");
        command.Parameters.Add(Sql.Value(ticketId));
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    private async Task<ArchiveLease> HeldAsync(NpgsqlDataSource shard, int queueId, CancellationToken cancel)
    {
        while (true)
        {
            if (await ArchiveLease.TryTakeAsync(shard, queueId, cancel) is { } lease)
                return lease;
            await Task.Delay(Pause, _clock, cancel);
        }
    }
}
