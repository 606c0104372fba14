using Microsoft.Extensions.Logging;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration.Working;

/// <summary>What the runs of one worker share.</summary>
internal sealed record HubParts(
    DurableTaskRegistry Registry,
    TaskHubOptions Options,
    Claims Claims,
    HubWriter Writer,
    ActivityRunner Activities,
    HeldRuns Held,
    Alarm Alarm,
    WorkerReport Report,
    IServiceProvider Services,
    ILoggerFactory Loggers,
    ILogger Logger,
    TimeProvider Clock)
{
    /// <summary>Of orchestrations and of queued activities that were taken over.</summary>
    public (Suspects Instances, Suspects Activities) Suspects { get; } = (new(Clock), new(Clock));

    public int MostHeld => 4 * Options.MaxConcurrentOrchestrations;

    /// <summary>Frees an orchestration's place; whoever waits for one is called.</summary>
    public void FreePlace(Action free)
    {
        var wasFull = Held.Busy >= Options.MaxConcurrentOrchestrations || Held.Instances >= MostHeld;
        free();
        if (wasFull)
            Alarm.Ring();
    }

    /// <summary>To whole microseconds, as the database keeps it.</summary>
    public DateTimeOffset Now => Platform.Json.Rfc3339.Truncate(Clock.GetUtcNow());
}
