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
        var answers = await Task.WhenAll(shards.All.Select(shard => FindOnAsync(shard, ticketId, cancel)));
        return answers.Where(id => id is not null).Select(id => settings.Current.QueuesById.GetValueOrDefault(id!.Value)).OfType<QueueSettings>().ToList();
    }

    private static async Task<int?> FindOnAsync(Shard shard, long ticketId, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select queue_id from ticket_numbers_used where ticket_id = $1 and queue_id is not null and not gone");
        command.Parameters.Add(Sql.Value(ticketId));
        return (int?)await command.ExecuteScalarAsync(cancel);
    }
}
