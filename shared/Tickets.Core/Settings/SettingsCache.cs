using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Settings;

/// <summary>
/// Every process's copy of the settings, refreshed by revision each second (T9). When it has not been refreshed for
/// <see cref="TicketsOptions.SettingsMaxStaleness"/>, the process says so on <c>/ping</c> and is taken out of service.
/// </summary>
public sealed partial class SettingsCache(SettingsDatabase database, DatabaseSchemas schemas, TicketsOptions options, TimeProvider clock, ILogger<SettingsCache> logger) : BackgroundService
{
    private static readonly TimeSpan PauseBetweenMisses = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile SettingsSnapshot _current = SettingsSnapshot.Empty;
    private volatile SigningSecrets? _secrets;
    private long _refreshedAt;
    private long _triedAt;
    private Exception? _fault;

    public SettingsSnapshot Current => _current;
    public SigningSecrets Secrets => _secrets ?? throw new InvalidOperationException("The settings are not loaded yet.");

    /// <summary>Completes when the first copy has arrived.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>Of the copy at hand; null before the first one.</summary>
    public TimeSpan? Age => _loaded.Task.IsCompletedSuccessfully ? clock.GetElapsedTime(Interlocked.Read(ref _refreshedAt)) : null;

    /// <summary>Why this process must not serve, or null.</summary>
    public string? StaleReason()
    {
        if (Age is not { } age)
            return "The settings have not been loaded yet.";
        return age > options.SettingsMaxStaleness
            ? $"The settings were last refreshed {age.TotalSeconds:0} s ago; the limit is {options.SettingsMaxStaleness.TotalSeconds:0} s."
            : null;
    }

    /// <summary>The queue, also one that another process made a moment ago: a name that is not known is worth a look.</summary>
    public async ValueTask<QueueSettings?> FindQueueAsync(string name, CancellationToken cancel)
    {
        if (_current.Queues.TryGetValue(name, out var queue))
            return queue;
        await RefreshAsync(PauseBetweenMisses, cancel);
        return _current.Queues.GetValueOrDefault(name);
    }

    /// <inheritdoc cref="FindQueueAsync(string, CancellationToken)"/>
    public async ValueTask<QueueSettings?> FindQueueAsync(int queueId, CancellationToken cancel)
    {
        if (_current.QueuesById.TryGetValue(queueId, out var queue))
            return queue;
        await RefreshAsync(PauseBetweenMisses, cancel);
        return _current.QueuesById.GetValueOrDefault(queueId);
    }

    /// <summary>Waits until a queue is at its place again; writes that would fail for a moment only are held instead.</summary>
    /// <returns>The queue, or null when it is still switching after <paramref name="patience"/>.</returns>
    internal async Task<QueueSettings?> WhenPlacedAsync(int queueId, TimeSpan patience, CancellationToken cancel)
    {
        var start = clock.GetTimestamp();
        do
        {
            await RefreshAsync(PauseBetweenMisses, cancel);
            if (_current.QueuesById.TryGetValue(queueId, out var queue) && !queue.IsSwitching)
                return queue;
        }
        while (clock.GetElapsedTime(start) < patience);
        return null;
    }

    /// <summary>Reads what has changed now; a caller that just changed something sees it afterwards.</summary>
    public Task RefreshAsync(CancellationToken cancel) => RefreshAsync(TimeSpan.Zero, cancel);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schemas.SettingsReady.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.SettingsRefreshInterval, clock);
        do
        {
            try
            {
                await RefreshAsync(stoppingToken);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                LogRefreshFailed(logger, fault);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Returns with a copy that was read after this call, be it by another caller; a pause between two reads bounds their rate.</summary>
    private async Task RefreshAsync(TimeSpan pause, CancellationToken cancel)
    {
        var asked = clock.GetTimestamp();
        await _refreshing.WaitAsync(cancel);
        try
        {
            // Those who waited meanwhile are answered by one try, good or bad: a database that is away is not asked by each in turn.
            if (_triedAt > asked)
            {
                if (_fault is not null)
                    throw new NpgsqlException("The settings database did not answer.", _fault);
                return;
            }

            if (_triedAt != 0 && pause - clock.GetElapsedTime(_triedAt) is { Ticks: > 0 } rest)
                await Task.Delay(rest, clock, cancel);
            _triedAt = clock.GetTimestamp();
            await ReadAsync(_triedAt);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    // Not cancelled with the caller that happened to start it: others wait for the same read.
    private async Task ReadAsync(long asOf)
    {
        try
        {
            _secrets ??= await SigningSecrets.LoadAsync(database, CancellationToken.None);
            var changes = await database.ReadChangesAsync(_current.Revision, CancellationToken.None);
            if (changes.Revision != _current.Revision)
                _current = _current.With(changes);
            Interlocked.Exchange(ref _refreshedAt, asOf);
            _fault = null;
            _loaded.TrySetResult();
        }
        catch (Exception fault)
        {
            _fault = fault;
            throw;
        }
    }

    [LoggerMessage(400, LogLevel.Warning, "The settings could not be refreshed; serving the copy at hand until it is too old")]
    private static partial void LogRefreshFailed(ILogger logger, Exception fault);
}
