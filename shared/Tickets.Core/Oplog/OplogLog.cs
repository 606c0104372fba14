using Microsoft.Extensions.Logging;

namespace Tickets.Core.Oplog;

/// <summary>Log lines 700 to 799.</summary>
internal static partial class OplogLog
{
    [LoggerMessage(700, LogLevel.Warning, "The change log of shard {Shard} cannot be read now")]
    public static partial void ShardAway(this ILogger log, string shard, Exception fault);

    [LoggerMessage(701, LogLevel.Information, "The relay of shard {Shard} begins after op {Opid}")]
    public static partial void RelayBegins(this ILogger log, string shard, long opid);

    [LoggerMessage(702, LogLevel.Information, "The relay of shard {Shard} has passed to another process")]
    public static partial void RelayLost(this ILogger log, string shard, Exception fault);

    [LoggerMessage(703, LogLevel.Warning, "The relay of shard {Shard} could not publish ops {First} to {Last}; trying again in {Pause}")]
    public static partial void PublishFailed(this ILogger log, string shard, long first, long last, TimeSpan pause, Exception fault);

    [LoggerMessage(704, LogLevel.Error, "Service Bus refuses op {Opid} of shard {Shard} whatever is done; the relay stands still there and tries again in {Pause}")]
    public static partial void OpRefused(this ILogger log, string shard, long opid, TimeSpan pause, Exception fault);

    [LoggerMessage(705, LogLevel.Warning, "Op {Opid} of shard {Shard} is published by reference: Service Bus does not take it as it is")]
    public static partial void OpByReference(this ILogger log, string shard, long opid, Exception? fault);

    [LoggerMessage(706, LogLevel.Error, "Ops {First} to {Last} of shard {Shard} were dropped before they were published: the hard limit of the retention was reached")]
    public static partial void OpsLost(this ILogger log, string shard, long first, long last);

    [LoggerMessage(707, LogLevel.Error, "The change log of shard {Shard} is past its retention and kept for the relay only; what it has not published is dropped from {DroppedFrom} on")]
    public static partial void KeptForRelay(this ILogger log, string shard, DateTimeOffset droppedFrom);

    [LoggerMessage(708, LogLevel.Warning, "The relay of shard {Shard} stumbled and begins again")]
    public static partial void RelayStumbled(this ILogger log, string shard, Exception fault);

    [LoggerMessage(709, LogLevel.Warning, "Op {Opid} of shard {Shard} is skipped by the key {Key} and not published: {Reason}")]
    public static partial void OpSkipped(this ILogger log, string shard, long opid, string key, string reason);

    [LoggerMessage(710, LogLevel.Information, "Deleted {Ops} ops of shard {Shard} from a partition that is not full: they are older than the hard limit of the retention")]
    public static partial void OpsDeleted(this ILogger log, string shard, long ops);
}
