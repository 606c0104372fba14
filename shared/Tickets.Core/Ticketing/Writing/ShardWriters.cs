using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Placement;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>One writer for each shard; they drain when the process stops.</summary>
internal sealed class ShardWriters(ShardSet shards, PlacementFence fence, TimeProvider clock, ILogger<ShardWriter> logger) : IHostedService
{
    private readonly Dictionary<string, ShardWriter> _writers =
        shards.All.ToDictionary(shard => shard.Name, shard => new ShardWriter(shard, fence, clock, logger), StringComparer.Ordinal);

    public ShardWriter this[string shard] => _writers.TryGetValue(shard, out var writer)
        ? writer
        : throw new InvalidOperationException($"Shard '{shard}' is named in the settings but not configured here: give its connection string as Shards:{shard}.");

    public IEnumerable<ShardWriter> All => _writers.Values;

    public bool Knows(string shard) => _writers.ContainsKey(shard);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var writer in _writers.Values)
            writer.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var writer in _writers.Values)
            await writer.DisposeAsync();
    }
}
