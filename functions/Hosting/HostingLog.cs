namespace Tickets.Functions.Hosting;

/// <summary>Log lines 100 to 199.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(100, LogLevel.Information, "Listening on {Address}{Mode}")]
    public static partial void Listening(this ILogger logger, string address, string mode);

    [LoggerMessage(101, LogLevel.Information, "Ready after {Milliseconds:0} ms")]
    public static partial void Ready(this ILogger logger, double milliseconds);

    [LoggerMessage(102, LogLevel.Error, "Initialising failed; trying again")]
    public static partial void InitializationFailed(this ILogger logger, Exception exception);

    [LoggerMessage(103, LogLevel.Critical, "The app cannot start or stop")]
    public static partial void Failed(this ILogger logger, Exception exception);

    [LoggerMessage(104, LogLevel.Error, "The process {Parent} that started this one is gone; stopping")]
    public static partial void ParentGone(this ILogger logger, int parent);

    [LoggerMessage(105, LogLevel.Information, "Stopped")]
    public static partial void Stopped(this ILogger logger);

    [LoggerMessage(106, LogLevel.Critical, "The app ended without being asked to")]
    public static partial void EndedUnasked(this ILogger logger);

    [LoggerMessage(107, LogLevel.Critical, "The app does not start: {Reason}")]
    public static partial void StartRefused(this ILogger logger, string reason);

    [LoggerMessage(110, LogLevel.Error, "{Method} {Path} failed, trace {TraceId}")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string method, string path, string traceId);

    [LoggerMessage(111, LogLevel.Debug, "{Method} {Path}: the client went away, trace {TraceId}")]
    public static partial void ClientGone(this ILogger logger, string method, string path, string traceId);

    [LoggerMessage(112, LogLevel.Warning, "{Method} {Path}: a database did not answer, trace {TraceId}")]
    public static partial void DatabaseAway(this ILogger logger, Exception exception, string method, string path, string traceId);

    [LoggerMessage(113, LogLevel.Warning, "{Method} {Path}: storage did not answer, trace {TraceId}")]
    public static partial void StorageAway(this ILogger logger, Exception exception, string method, string path, string traceId);

    [LoggerMessage(120, LogLevel.Error, "{Function}: the run failed")]
    public static partial void RunFailed(this ILogger logger, Exception exception, string function);

    [LoggerMessage(121, LogLevel.Information, "{Function}: {Line}")]
    public static partial void RunSaid(this ILogger logger, string function, string line);

    [LoggerMessage(122, LogLevel.Warning, "{Function}: refused an invocation that the Functions host would not send: {Reason}")]
    public static partial void EnvelopeRefused(this ILogger logger, string function, string reason);

    [LoggerMessage(123, LogLevel.Error, "{Function}: the invocation cannot be read: {Reason}")]
    public static partial void EnvelopeUnreadable(this ILogger logger, string function, string reason);

    [LoggerMessage(124, LogLevel.Warning, "{Function} needs the Functions host: run alone, no message of topic {Topic} reaches it")]
    public static partial void TopicNeedsHost(this ILogger logger, string function, string topic);

    [LoggerMessage(125, LogLevel.Warning, "{Function}: a database did not answer or is not up to date yet; the next run makes up for this one")]
    public static partial void RunPutOff(this ILogger logger, Exception exception, string function);
}
