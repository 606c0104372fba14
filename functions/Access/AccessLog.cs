namespace Tickets.Functions.Access;

/// <summary>Log lines 1300 to 1399.</summary>
internal static partial class AccessLog
{
    /// <param name="reason">Never the token.</param>
    [LoggerMessage(1300, LogLevel.Debug, "A token was refused: {Reason}")]
    public static partial void TokenRefused(this ILogger logger, string reason);
}
