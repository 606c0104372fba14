namespace Tickets.Functions.Hosting;

/// <summary>
/// Stops the app when the process that started it is gone. On Linux a Functions host that crashes leaves its handler behind,
/// which would go on running timers' work unseen and hold its connections.
/// </summary>
internal sealed class ParentWatch(IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ParentWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // On Windows the host's job object ends its children with it.
        if (!OperatingSystem.IsLinux())
            return;

        var parent = ParentId();
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (ParentId() == parent)
                    continue;

                logger.ParentGone(parent);
                lifetime.StopApplication();
                return;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app stops.
        }
    }

    /// <summary>Field 4 of <c>stat</c>, counted after the last ')': the program's name before it may hold spaces and brackets.</summary>
    private static int ParentId()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ', 3)[1]);
    }
}
