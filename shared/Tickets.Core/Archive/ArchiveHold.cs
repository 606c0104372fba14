using Tickets.Core.Platform;

namespace Tickets.Core.Archive;

/// <summary>Keeps the archivers of a queue off some shards. Meanwhile no ticket of theirs is copied to the cold tier or leaves for it.</summary>
internal sealed class ArchiveHold : IAsyncDisposable
{
    private readonly ArchiveTools _tools;
    private readonly string _queue;
    private readonly Dictionary<string, AdvisoryLock> _leases = new(StringComparer.Ordinal);

    private ArchiveHold(ArchiveTools tools, string queue) => (_tools, _queue) = (tools, queue);

    /// <summary>Waits for archivers that are at it. The order of the shards' names keeps two who want the same from waiting for each other.</summary>
    public static async Task<ArchiveHold> TakeAsync(ArchiveTools tools, int queueId, string queue, IEnumerable<Shard> shards, CancellationToken cancellationToken)
    {
        var hold = new ArchiveHold(tools, queue);
        try
        {
            foreach (var shard in shards.OrderBy(shard => shard.Name, StringComparer.Ordinal))
                hold._leases.Add(shard.Name, await ArchiveLease.TakeAsync(shard.Sessions, queueId, tools.Time, cancellationToken));
            return hold;
        }
        catch
        {
            await hold.DisposeAsync();
            throw;
        }
    }

    /// <summary>Settles what archivers left behind on these shards when they were cut off: afterwards no part is pending there.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in _leases.Keys)
            await new PendingParts(_tools, _queue, shard).SettleAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lease in _leases.Values)
            await lease.DisposeAsync();
        _leases.Clear();
    }
}
