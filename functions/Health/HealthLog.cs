namespace Tickets.Functions.Health;

/// <summary>Log lines 200 to 299.</summary>
internal static partial class HealthLog
{
    [LoggerMessage(200, LogLevel.Warning, "The check of {Dependency} failed")]
    public static partial void CheckFailed(this ILogger logger, Exception exception, string dependency);
}
