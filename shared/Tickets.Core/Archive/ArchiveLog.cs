using Microsoft.Extensions.Logging;

namespace Tickets.Core.Archive;

internal static partial class ArchiveLog
{
    [LoggerMessage(800, LogLevel.Information, "Archived {Tickets} tickets of queue {Queue} on shard {Shard}: {Parts} parts in {Days} days, {Bytes} bytes from {RawBytes}; {Kept} changed meanwhile and stay hot.")]
    public static partial void Archived(this ILogger log, long tickets, string queue, string shard, int parts, int days, long bytes, long rawBytes, long kept);

    [LoggerMessage(801, LogLevel.Error, "Queue {Queue} on shard {Shard} could not be archived; its tickets stay hot.")]
    public static partial void QueueFailed(this ILogger log, Exception exception, string queue, string shard);

    [LoggerMessage(802, LogLevel.Error, "Part {Part} could not be read back as written and is withdrawn; its tickets stay hot.")]
    public static partial void PartWithdrawn(this ILogger log, Exception exception, string part);

    [LoggerMessage(803, LogLevel.Debug, "Queue {Queue} on shard {Shard} is being archived by another process.")]
    public static partial void QueueBusy(this ILogger log, string queue, string shard);

    [LoggerMessage(804, LogLevel.Error, "Day {Day} of queue {Queue} has as many parts as its row can hold; its tickets stay hot until the day is compacted.")]
    public static partial void DayFull(this ILogger log, string day, string queue);

    [LoggerMessage(805, LogLevel.Information, "Day {Day} of queue {Queue} changed while its parts were written anew; it is left for the next run: {Reason}")]
    public static partial void DayChanged(this ILogger log, string day, string queue, string reason);

    [LoggerMessage(809, LogLevel.Information, "Deleted {Tickets} tickets of queue {Queue} on shard {Shard}, as its retention says.")]
    public static partial void Deleted(this ILogger log, long tickets, string queue, string shard);

    [LoggerMessage(807, LogLevel.Error, "A lookup met the cold part {Part}, which is damaged or missing.")]
    public static partial void PartDamaged(this ILogger log, Exception exception, string part);

    [LoggerMessage(808, LogLevel.Error, "The upkeep of queue {Queue} in the cold tier failed; the other queues go on.")]
    public static partial void UpkeepFailed(this ILogger log, Exception exception, string queue);
}
