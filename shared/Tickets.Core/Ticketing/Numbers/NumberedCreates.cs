using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Core.Ticketing.Numbers;

/// <summary>
/// Makes tickets under numbers that were taken before: repeated, wherever the queue is by then, there is one ticket and one answer. Each number has a home, the one
/// shard that decides; a ticket of another shard is made only while the number is claimed at home for that shard. See docs/decisions/0011.
/// </summary>
internal sealed class NumberedCreates(ShardSet shards, ShardWriters writers)
{
    /// <param name="command">With its number and the nonce's use.</param>
    /// <param name="home">The same in every repetition.</param>
    /// <returns>The first answer also to a repetition; 409 <c>invalid_nonce</c> when the number was used with other content.</returns>
    public async Task<Result<Written>> CreateAsync(CreateTicket command, string home, CancellationToken cancel)
    {
        if (!writers.Knows(home))
            return Problems.InvalidNonce($"The nonce belongs to shard '{home}', which is no longer in use. Take a new one.");
        var shard = command.Queue.ShardOf(command.TicketId);
        var decided = await AtHomeAsync(command, home, shard, cancel);
        if (decided is { IsProblem: false, Value.ClaimedFor: { } before } && before != shard)
        {
            // The queue was on that shard when the number was claimed, and is not now: so what has not been made there by now never will be.
            if (!shards.Knows(before))
                return Problems.InvalidNonce($"The nonce was used for shard '{before}', which is no longer in use. Take a new one.");
            if (await IsUsedAsync(shards[before], command.TicketId, cancel))
                return Written.FirstOf(command, before);
            decided = await AtHomeAsync(command with { NotMadeOn = before }, home, shard, cancel);
        }

        if (decided.IsProblem || decided.Value.ClaimedFor is not { } claimedFor)
            return decided;
        return claimedFor == shard ? await writers[shard].WriteAsync(command, cancel) : Problems.QueueMoving(command.Queue.Name);
    }

    /// <returns>The answer, or for which shard the number is claimed.</returns>
    private Task<Result<Written>> AtHomeAsync(CreateTicket command, string home, string shard, CancellationToken cancel) =>
        writers[home].WriteAsync(home == shard ? command : new ClaimNumber(command, shard), cancel);

    private static async Task<bool> IsUsedAsync(Shard shard, long number, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select exists (select from ticket_numbers_used where ticket_id = $1 and queue_id is not null)");
        command.Parameters.Add(Sql.Value(number));
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }
}
