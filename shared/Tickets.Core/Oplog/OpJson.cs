using System.Text.Json;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Oplog;

/// <summary>An op as it goes out: alone, or as a CloudEvent (https://github.com/cloudevents/spec, version 1.0).</summary>
internal static class OpJson
{
    public const string EventType = "application/cloudevents+json";
    public const string EventBatchType = "application/cloudevents-batch+json";

    /// <summary>Identifies an op in the whole system; also the id of its event and of its message.</summary>
    public static string Id(OplogOp op) => $"{op.Shard}:{op.Opid}";

    public static void Write(Utf8JsonWriter json, OplogOp op, string queue)
    {
        json.WriteStartObject();
        json.WriteString("shard"u8, op.Shard);
        json.WriteNumber("opid"u8, op.Opid);
        json.WriteString("at"u8, Rfc3339.Format(op.At));
        json.WriteString("ticket_id"u8, TicketId.Format(op.TicketId));
        json.WriteString("queue"u8, queue);
        json.WriteString("kind"u8, op.Kind);
        json.WriteNumber("version"u8, op.Version);
        json.WritePropertyName("diff"u8);
        json.WriteRawValue(op.Diff!, skipInputValidation: true);
        WriteTrace(json, op);
        json.WriteEndObject();
    }

    /// <param name="byReference">The event says where the op is to be had instead of carrying it (the CloudEvents extension <c>dataref</c>).</param>
    public static void WriteEvent(Utf8JsonWriter json, OplogOp op, string queue, bool byReference = false)
    {
        json.WriteStartObject();
        json.WriteString("specversion"u8, "1.0"u8);
        json.WriteString("id"u8, Id(op));
        json.WriteString("source"u8, $"/tickets/{op.Shard}");
        json.WriteString("type"u8, $"tickets.{op.Kind}");
        json.WriteString("subject"u8, TicketId.Format(op.TicketId));
        json.WriteString("time"u8, Rfc3339.Format(op.At));
        json.WriteString("datacontenttype"u8, "application/json"u8);
        WriteTrace(json, op);
        if (byReference)
        {
            json.WriteString("dataref"u8, $"/api/v1/oplog/{op.Shard}/{op.Opid}");
        }
        else
        {
            json.WritePropertyName("data"u8);
            Write(json, op, queue);
        }

        json.WriteEndObject();
    }

    /// <summary>By the name that the CloudEvents extension for distributed tracing gives it.</summary>
    private static void WriteTrace(Utf8JsonWriter json, OplogOp op)
    {
        if (op.TraceParent is { } trace)
            json.WriteString("traceparent"u8, trace);
    }
}
