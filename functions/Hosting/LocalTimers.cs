using Tickets.Core.Platform;

namespace Tickets.Functions.Hosting;

/// <summary>Runs the timers in this process when no Functions host does. Each timer is one loop, so its runs never overlap.</summary>
internal sealed class LocalTimers(
    FunctionCatalog catalog, IServiceProvider services, IConfiguration configuration, Readiness readiness, TimeProvider time, ILogger<LocalTimers> logger) : BackgroundService
{
    /// <summary>A clock that was set meanwhile is noticed after this long.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await readiness.WhenReady.WaitAsync(stoppingToken);
            await Task.WhenAll(catalog.Timers.Where(timer => !IsDisabled(timer)).Select(timer => Loop(timer, stoppingToken)));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app stops.
        }
    }

    /// <summary>By the setting that disables it under the host.</summary>
    private bool IsDisabled(TimerFunction timer) => configuration.GetValue($"AzureWebJobs.{timer.Name}.Disabled", false);

    private async Task Loop(TimerFunction timer, CancellationToken stopping)
    {
        while (true)
        {
            // As under the host, ticks that pass during a run are not made up for.
            var due = timer.Schedule.NextAfter(time.GetUtcNow());
            for (var wait = due - time.GetUtcNow(); wait > TimeSpan.Zero; wait = due - time.GetUtcNow())
                await Task.Delay(wait < LongestWait ? wait : LongestWait, time, stopping);

            await Run(timer, new TimerRun(IsPastDue: false), stopping);
        }
    }

    private async Task Run(TimerFunction timer, TimerRun run, CancellationToken stopping)
    {
        try
        {
            await timer.Run(services, run, stopping);
            foreach (var line in run.Log.Lines)
                logger.RunSaid(timer.Name, line);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception) when (ConnectionLoss.Is(exception))
        {
            logger.RunPutOff(exception, timer.Name);
        }
        catch (Exception exception)
        {
            logger.RunFailed(exception, timer.Name);
        }
    }
}
