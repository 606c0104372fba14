using Azure;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Archive.Index;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Core.Operations.Overview;

/// <summary>
/// Gathers what operators look at. Many pages may be open: whoever asks within two seconds gets the same reading, and what is counted is
/// bounded, so that looking costs little however much there is. A shard that is away is told as such and the rest is there.
/// </summary>
public sealed class ReadOverview : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly ShardWriters _writers;
    private readonly OrchestrationReads _orchestrations;
    private readonly ColdIndex _cold;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _reading = new(1, 1);
    private SystemOverview? _last;

    internal ReadOverview(ShardSet shards, SettingsCache settings, ShardWriters writers, OrchestrationReads orchestrations, ColdIndex cold, TimeProvider clock) =>
        (_shards, _settings, _writers, _orchestrations, _cold, _clock) = (shards, settings, writers, orchestrations, cold, clock);

    public async Task<SystemOverview> ReadAsync(CancellationToken cancel)
    {
        await _reading.WaitAsync(cancel);
        try
        {
            return _last is { } last && _clock.GetUtcNow() - last.At < Fresh ? last : _last = await GatherAsync(cancel);
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose() => _reading.Dispose();

    private async Task<SystemOverview> GatherAsync(CancellationToken cancel)
    {
        var now = _clock.GetUtcNow();
        var queues = _settings.Current.Queues.Values.OrderBy(queue => queue.Name, StringComparer.Ordinal).ToList();
        var faults = new List<string>();
        if (_settings.StaleReason() is { } stale)
            faults.Add(stale);

        var shards = await Task.WhenAll(_shards.All.Select(shard => ReadShardAsync(shard, queues, now, cancel)));
        var counts = shards.SelectMany(shard => shard.Counts).ToLookup(count => count.QueueId);
        return new SystemOverview(
            now,
            QueueCounts.Most,
            [.. shards.Select(shard => shard.Overview)],
            [.. queues.Select(queue => QueueCounts.Sum(queue, counts[queue.QueueId], now))],
            await OrBeToldAsync(async () => (await _orchestrations.HealthAsync(cancel)).Hubs, "The orchestrations cannot be read", faults),
            await OrBeToldAsync(() => ReadColdAsync(queues, cancel), "The cold tier cannot be read", faults))
        {
            Faults = faults,
        };
    }

    private async Task<(ShardOverview Overview, IReadOnlyList<QueueCounts> Counts)> ReadShardAsync(Shard shard, IReadOnlyList<QueueSettings> queues, DateTimeOffset now, CancellationToken cancel)
    {
        try
        {
            var writer = _writers[shard.Name];
            var overview = await ShardState.ReadAsync(shard, now, cancel);
            var here = queues.Where(queue => queue.Shards.Contains(shard.Name)).ToList();
            return (overview with { WriterWaiting = writer.Waiting, WriterRoom = ShardWriter.Room }, await QueueCounts.ReadAsync(shard, here, now, cancel));
        }
        catch (NpgsqlException fault)
        {
            return (new ShardOverview(shard.Name, "failing") { Reason = fault.GetType().Name }, []);
        }
    }

    private async Task<IReadOnlyList<ColdDayOverview>> ReadColdAsync(IReadOnlyList<QueueSettings> queues, CancellationToken cancel)
    {
        var days = new SortedDictionary<DateOnly, ColdDayOverview>();
        foreach (var queue in queues)
        {
            foreach (var part in (await _cold.GetAsync(queue.Name, cancel)).Parts.All)
            {
                var day = days.GetValueOrDefault(part.Day) ?? new ColdDayOverview(part.Day, 0, 0, 0);
                days[part.Day] = new ColdDayOverview(part.Day, day.Tickets + part.Tickets, day.Bytes + part.Bytes, day.Parts + 1);
            }
        }

        return [.. days.Values];
    }

    private static async Task<IReadOnlyList<T>> OrBeToldAsync<T>(Func<Task<IReadOnlyList<T>>> read, string otherwise, List<string> faults)
    {
        try
        {
            return await read();
        }
        catch (Exception fault) when (fault is NpgsqlException or RequestFailedException)
        {
            faults.Add($"{otherwise} ({fault.GetType().Name}).");
            return [];
        }
    }
}
