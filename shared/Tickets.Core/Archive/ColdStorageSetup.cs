using Azure;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;
using Tickets.Core.Archive.Scan;

namespace Tickets.Core.Archive;

/// <summary>Makes the containers and the table of the cold tier when the process starts, and goes on trying while storage is away: hot tickets are served meanwhile.</summary>
public sealed partial class ColdStorageSetup(ColdShards shards, ColdParts parts, ResultFiles results, TimeProvider clock, ILogger<ColdStorageSetup> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await shards.EnsureCreatedAsync(stoppingToken);
                await parts.EnsureCreatedAsync(stoppingToken);
                await results.EnsureCreatedAsync(stoppingToken);
                return;
            }
            catch (Exception fault) when (fault is RequestFailedException or AggregateException or IOException)
            {
                LogAway(logger, fault);
            }

            await Task.Delay(Pause, clock, stoppingToken);
        }
    }

    [LoggerMessage(806, LogLevel.Warning, "The cold tier's container and table could not be made; trying again")]
    private static partial void LogAway(ILogger logger, Exception fault);
}
