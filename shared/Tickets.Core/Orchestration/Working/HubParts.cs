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
    IServiceProvider Services,
    ILoggerFactory Loggers,
    ILogger Logger,
    TimeProvider Clock,
    CancellationToken Stopping)
{
    /// <summary>To whole microseconds, as the database keeps it.</summary>
    public DateTimeOffset Now => Platform.Json.Rfc3339.Truncate(Clock.GetUtcNow());
}
