using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Telemetry;

/// <summary>Looks into the databases for what waits there, when somebody wants to know and no more often than he must.</summary>
public sealed class Backlogs : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger<Backlogs> _logger;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _sampledAt;
    private volatile Backlog _latest = Backlog.Unknown;

    internal Backlogs(ShardSet shards, SettingsCache settings, TimeProvider clock, ILogger<Backlogs> logger) => (_shards, _settings, _clock, _logger) = (shards, settings, clock, logger);

    internal Backlog Latest => _latest;

    /// <summary>Returns when what is known is at most ten seconds old, or after five seconds with what could be learned. A shard that does not answer is left out and logged.</summary>
    public async Task RefreshAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (_sampledAt != 0 && _clock.GetElapsedTime(_sampledAt) < Fresh)
                return;
            var samples = await Task.WhenAll(_shards.All.Select(shard => SampleAsync(shard, cancel)));
            _latest = Together(samples.OfType<ShardSample>().ToList());
            _sampledAt = _clock.GetTimestamp();
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<ShardSample?> SampleAsync(Shard shard, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            return await ShardSample.TakeAsync(shard, [.. _settings.Current.QueuesById.Values.Where(queue => queue.Places.Contains(shard.Name))], limit.Token);
        }
        catch (Exception fault) when (fault is NpgsqlException or IOException or TimeoutException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            _logger.NotSampled(fault, shard.Name);
            return null;
        }
    }

    /// <summary>A split queue's tickets are on several shards.</summary>
    private static Backlog Together(List<ShardSample> samples) => new(
        [.. samples.Select(sample => sample.Shard)],
        [.. samples.SelectMany(sample => sample.Queues).GroupBy(queue => (queue.Queue, queue.Status)).Select(same => new QueueTickets(same.Key.Queue, same.Key.Status, same.Sum(queue => queue.Tickets)))],
        [.. samples.SelectMany(sample => sample.Archive).GroupBy(queue => queue.Queue, StringComparer.Ordinal).Select(same => new QueueBacklog(same.Key, same.Sum(queue => queue.Tickets)))]);
}
