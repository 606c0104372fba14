using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tickets.Core.Platform;
using Tickets.Core.Platform.ServiceBus;
using Tickets.Core.Settings;

namespace Tickets.Core.Oplog.Relay;

/// <summary>
/// The change log on Service Bus: every op of every shard is published in order, at least once. Any number of processes may run it; of
/// each shard one does.
/// </summary>
public sealed class OplogRelay : BackgroundService
{
    private readonly RelayOptions _options;
    private readonly SettingsCache _settings;
    private readonly IReadOnlyList<ShardRelay> _relays;

    internal OplogRelay(ServiceBusClient client, RelayOptions options, ShardSet shards, OplogHeads heads, OplogTails tails, SettingsCache settings, TimeProvider clock, ILogger<OplogRelay> logger)
    {
        (_options, _settings) = (options, settings);
        var sender = client.CreateSender(options.Topic);
        _relays = [.. shards.All.Select(shard => new ShardRelay(shard, sender, options, heads[shard.Name], tails[shard.Name], settings, clock, logger))];
    }

    /// <summary>Every attempt is the relay's own: only it knows whether it still holds the lease.</summary>
    public static ServiceBusClientOptions ClientOptions => new() { Retry = { MaxRetries = 0, NetworkTimeout = new RelayOptions().SendLimit } };

    /// <summary>Publishes what is there, of the shards that no other process is at.</summary>
    /// <returns>How many ops were published.</returns>
    public async Task<long> DrainAsync(CancellationToken cancel)
    {
        var published = await Task.WhenAll(_relays.Select(relay => relay.DrainAsync(cancel)));
        return published.Sum();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_options.AlwaysOn)
            return;
        await _settings.Loaded.WaitAsync(stoppingToken);
        await Task.WhenAll(_relays.Select(relay => relay.FollowAsync(stoppingToken)));
    }
}
