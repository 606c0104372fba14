using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tickets.Core.Platform;

/// <summary>What a shard needs beyond its schema before it takes writes.</summary>
public delegate Task PrepareShard(NpgsqlConnection connection);

/// <summary>Brings every database to the newest schema when the process starts, and goes on trying while one is away: the others serve meanwhile.</summary>
public sealed partial class DatabaseSchemas(NpgsqlDataSource settings, ShardSet shards, PrepareShard prepare, TimeProvider clock, ILogger<DatabaseSchemas> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _settingsReady = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the settings database can be read.</summary>
    public Task SettingsReady => _settingsReady.Task;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        [UpgradeSettingsAsync(stoppingToken), .. shards.All.Select(shard => UpgradeShardAsync(shard, stoppingToken))]);

    private Task UpgradeSettingsAsync(CancellationToken cancel) => TryUntilDoneAsync(
        "settings",
        async () =>
        {
            await SchemaUpgrade.ApplyAsync(settings, "settings", logger, cancel);
            _settingsReady.TrySetResult();
        },
        cancel);

    private Task UpgradeShardAsync(Shard shard, CancellationToken cancel) => TryUntilDoneAsync(
        shard.Name,
        async () =>
        {
            await SchemaUpgrade.ApplyAsync(shard.Database, "hot", logger, cancel);
            await using var connection = await shard.Database.OpenConnectionAsync(cancel);
            await prepare(connection);
        },
        cancel);

    private async Task TryUntilDoneAsync(string database, Func<Task> upgrade, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await upgrade();
                return;
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault))
            {
                LogAway(logger, database, fault);
            }

            await Task.Delay(Pause, clock, cancel);
        }
    }

    [LoggerMessage(301, LogLevel.Warning, "The schema of {Database} could not be brought up to date; trying again")]
    private static partial void LogAway(ILogger logger, string database, Exception fault);
}
