namespace Tickets.Functions.Hosting;

/// <summary>
/// Brings the app up once its port is open. A failure is logged and tried again: exiting would not help a database that is
/// not there yet, and three exits within half an hour make the Functions host give up for good.
/// </summary>
internal sealed class Initialization(
    FunctionApp app, IServiceProvider services, Readiness readiness, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Initialization> logger) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Started(stoppingToken);
            var from = time.GetTimestamp();
            for (var pause = TimeSpan.FromMilliseconds(250); !await Try(stoppingToken); pause = Longer(pause))
                await Task.Delay(pause, time, stoppingToken);

            if (readiness.IsRefused)
                return;
            readiness.Set();
            logger.Ready(time.GetElapsedTime(from).TotalMilliseconds);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app stops.
        }
    }

    private async Task<bool> Try(CancellationToken stopping)
    {
        try
        {
            await app.Initialize(services, stopping);
            return true;
        }
        catch (StartRefusedException refusal)
        {
            logger.StartRefused(refusal.Message);
            readiness.Report(refusal.Message);
            readiness.Refuse();
            lifetime.StopApplication();
            return true;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            readiness.Report($"initialising failed ({exception.GetType().Name}) and is tried again");
            logger.InitializationFailed(exception);
            return false;
        }
    }

    private async Task Started(CancellationToken stopping)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(stopping);
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;
}
