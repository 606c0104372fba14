using System.Buffers;
using System.Text.Json;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Platform.ServiceBus;

namespace Tickets.Core.Oplog.Relay;

/// <summary>An op as a message: a CloudEvent, with what subscriptions filter by among its properties.</summary>
internal static class RelayMessages
{
    public static ServiceBusMessage Of(OplogOp op, string queue, int sessionsPerShard, bool byReference)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body, JsonText.Options))
            OpJson.WriteEvent(json, op, queue, byReference);
        var message = new ServiceBusMessage(body.WrittenMemory)
        {
            MessageId = OpJson.Id(op),
            SessionId = SessionOf(op, sessionsPerShard),
            Subject = op.Kind,
            CorrelationId = TicketId.Format(op.TicketId),
            ContentType = OpJson.EventType,
            ApplicationProperties = { ["shard"] = op.Shard, ["opid"] = op.Opid, ["queue"] = queue, ["kind"] = op.Kind, ["status"] = op.Status },
        };
        if (op.Resolution is { } resolution)
            message.ApplicationProperties["resolution"] = resolution;
        // Where Service Bus's own SDKs look for the trace of a message.
        if (op.TraceParent is { } trace)
            message.ApplicationProperties["Diagnostic-Id"] = trace;
        return message;
    }

    /// <summary>
    /// All ops of a ticket on this shard have one session, also when it changes queues, and within a session opids only grow: a
    /// subscriber needs one number a session to know what it has had.
    /// </summary>
    public static string SessionOf(OplogOp op, int sessionsPerShard) => $"{op.Shard}.{(((ulong)op.TicketId * 0x9E37_79B9_7F4A_7C15UL) >> 33) % (ulong)sessionsPerShard}";
}
