namespace Tickets.Core.Oplog;

/// <summary>One change as the log has it.</summary>
/// <param name="Diff">JSON; null when it is longer than was asked for.</param>
/// <param name="TraceParent">The W3C trace context of the request that made it; null when nobody records that trace.</param>
internal sealed record OplogOp(string Shard, long Opid, DateTimeOffset At, long TicketId, int QueueId, string Kind, long Version, string Status, string? Resolution, string? Diff, string? TraceParent = null);
