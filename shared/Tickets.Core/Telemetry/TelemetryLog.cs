using Microsoft.Extensions.Logging;

namespace Tickets.Core.Telemetry;

/// <summary>Log lines 1400 to 1499.</summary>
internal static partial class TelemetryLog
{
    [LoggerMessage(1400, LogLevel.Warning, "What waits on shard {Shard} could not be counted")]
    public static partial void NotSampled(this ILogger logger, Exception exception, string shard);
}
