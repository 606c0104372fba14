using System.Collections.Concurrent;
using Npgsql;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Placement;

/// <summary>
/// Keeps a process from writing to a shard by settings that are older than a queue's switch to another one. The switch counts the shard's
/// epoch up; whoever writes reads the epoch first, then settings at least as new, and commits only if the epoch is still the one it read.
/// </summary>
internal sealed class PlacementFence(SettingsCache settings)
{
    private readonly ConcurrentDictionary<string, long> _known = new(StringComparer.Ordinal);

    /// <returns>The shard's epoch, with settings at hand that are not older.</returns>
    /// <exception cref="NpgsqlException">The shard's or the settings database cannot be reached.</exception>
    public async Task<long> ReadEpochAsync(string shard, NpgsqlConnection session, CancellationToken cancel = default)
    {
        await using var command = new NpgsqlCommand("select epoch from oplog_head", session);
        var epoch = (long)(await command.ExecuteScalarAsync(cancel))!;
        if (!_known.TryGetValue(shard, out var known) || known != epoch)
        {
            await settings.Loaded.WaitAsync(cancel);
            await settings.RefreshAsync(cancel);
            _known[shard] = epoch;
        }

        return epoch;
    }

    /// <summary>Whether the queue has not changed since these settings of it were read.</summary>
    public bool IsCurrent(QueueSettings queue) => settings.Current.QueuesById.TryGetValue(queue.QueueId, out var now) && now.Definition.Revision == queue.Definition.Revision;

    /// <summary>Whether a ticket of the queue may be written on the shard by the settings at hand.</summary>
    public bool Allows(string shard, int queueId, long ticketId) =>
        settings.Current.QueuesById.TryGetValue(queueId, out var queue) && !queue.IsSwitching && queue.ShardOf(ticketId) == shard;
}
