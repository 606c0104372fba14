using Microsoft.Extensions.Logging;

namespace Tickets.Core.Webhooks;

/// <summary>Log lines 1200 to 1299.</summary>
internal static partial class WebhookLog
{
    [LoggerMessage(1200, LogLevel.Warning, "Webhook {Webhook}: delivery {Delivery} was not taken ({Reason}), attempt {Attempt}; the next at {Next}")]
    public static partial void NotTaken(this ILogger log, string webhook, string delivery, string reason, int attempt, DateTimeOffset next);

    [LoggerMessage(1201, LogLevel.Error, "Webhook {Webhook}: delivery {Delivery} is given up ({Reason})")]
    public static partial void GivenUp(this ILogger log, string webhook, string delivery, string reason);

    [LoggerMessage(1202, LogLevel.Warning, "Webhook {Webhook}: its receiver wants no more (410); it is stopped")]
    public static partial void Gone(this ILogger log, string webhook);

    [LoggerMessage(1203, LogLevel.Warning, "Webhooks cannot be delivered now; trying again")]
    public static partial void Stumbled(this ILogger log, Exception fault);

    [LoggerMessage(1204, LogLevel.Information, "Webhook {Webhook} on shard {Shard} has passed to another process")]
    public static partial void Passed(this ILogger log, string webhook, string shard, Exception fault);
}
