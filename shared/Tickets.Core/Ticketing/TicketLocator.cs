using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing;

/// <summary>Finds the queue of a hot ticket by its id alone.</summary>
public sealed class TicketLocator(ShardSet shards, SettingsCache settings)
{
    /// <returns>The queues whose shards have the ticket: one as a rule, two for a moment while it moves between shards, none when it is not hot.</returns>
    public async Task<IReadOnlyList<QueueSettings>> FindAsync(long ticketId, CancellationToken cancel)
    {
        var asked = shards.All.Select(shard => FindOnAsync(shard, ticketId, cancel)).ToList();
        await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
        var found = new List<QueueSettings>();
        foreach (var answer in asked.Where(answer => answer.IsCompletedSuccessfully))
        {
            if (await answer is { } queueId && await settings.FindQueueAsync(queueId, cancel) is { } queue)
                found.Add(queue);
        }

        // A shard that is away does not hide the tickets of the others; but only all shards together can say that a ticket is nowhere.
        if (found.Count == 0)
            await Task.WhenAll(asked);
        return found;
    }

    private static async Task<int?> FindOnAsync(Shard shard, long ticketId, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select queue_id from ticket_numbers_used where ticket_id = $1 and queue_id is not null and not gone");
        command.Parameters.Add(Sql.Value(ticketId));
        return (int?)await command.ExecuteScalarAsync(cancel);
    }
}
