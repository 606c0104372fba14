using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration;

/// <summary>Tells the registry of an area's orchestrators and activities. Every hub of the process has the same.</summary>
public delegate void DeclareTasks(DurableTaskRegistry tasks);

/// <summary>What comes before all work on a hub when a process starts.</summary>
public delegate Task PrepareHub(string hub, CancellationToken cancel);

/// <summary>The task hubs of this process: one for each shard, and one for work that belongs to none, on the settings database.</summary>
public sealed class TaskHubs : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, TaskHub> _shards;
    private readonly TaskHubsOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private readonly IReadOnlyList<PrepareHub> _prepare;
    private bool _disposed;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private Task _starting = Task.CompletedTask;

    public TaskHubs(ShardSet shards, NpgsqlDataSource settings, IEnumerable<DeclareTasks> tasks, IEnumerable<PrepareHub> prepare, TaskHubsOptions options, IServiceProvider services, TimeProvider clock, ILoggerFactory loggers)
    {
        var registry = new DurableTaskRegistry();
        foreach (var declare in tasks)
            declare(registry);
        _options = options;
        _prepare = [.. prepare];
        _clock = clock;
        _log = loggers.CreateLogger<TaskHubs>();
        _shards = shards.All.ToDictionary(shard => shard.Name, shard => new TaskHub(shard.Database, registry, services, clock, loggers, options.Hub, hub: shard.Name), StringComparer.Ordinal);
        Settings = new TaskHub(settings, registry, services, clock, loggers, options.Hub, hub: "settings");
    }

    public TaskHub Settings { get; }

    /// <summary>A shard's.</summary>
    public TaskHub this[string shard] => _shards.TryGetValue(shard, out var hub)
        ? hub
        : throw new InvalidOperationException($"Shard '{shard}' is not configured here: give its connection string as Shards:{shard}.");

    /// <summary>By name: a shard's, or <c>settings</c>.</summary>
    public IEnumerable<(string Name, TaskHub Hub)> All => _shards.Select(shard => (shard.Key, shard.Value)).Append(("settings", Settings));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_options.AlwaysOn)
            _starting = Task.WhenAll(All.Select(hub => StartAsync(hub.Name, hub.Hub)));
        return Task.CompletedTask;
    }

    /// <summary>For hosts that wake the process now and then; does nothing for hubs that work all the time.</summary>
    public Task PumpAsync(TimeSpan budget, CancellationToken cancel) => Task.WhenAll(All.Select(hub => hub.Hub.PumpAsync(budget, cancel)));

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll([_starting, .. All.Select(hub => hub.Hub.DisposeAsync().AsTask())]);
    }

    // The container does this twice: the hubs are one service under two types.
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await StopAsync(CancellationToken.None);
        _stopping.Dispose();
    }

    /// <summary>Once the database has its tables; another database that is away delays nobody.</summary>
    private async Task StartAsync(string name, TaskHub hub)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (await hub.IsReadyAsync(_stopping.Token))
                {
                    foreach (var prepare in _prepare)
                        await prepare(name, _stopping.Token);
                    hub.Start();
                    return;
                }
            }
            catch (ObjectDisposedException)
            {
                // The services go away before anybody was told to stop: the process could not start, and its end is not to fail too.
                return;
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault) || _stopping.IsCancellationRequested)
            {
                // The database is away, or the process stops before its work could begin.
                if (!_stopping.IsCancellationRequested)
                    _log.HubAway(fault);
            }

            await Task.Delay(Pause, _clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <param name="AlwaysOn"><c>Orchestration:AlwaysOn</c>: work all the time; else only when pumped.</param>
public sealed record TaskHubsOptions(TaskHubOptions Hub, bool AlwaysOn = true);
