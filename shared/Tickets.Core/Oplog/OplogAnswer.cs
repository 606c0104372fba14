using System.Buffers;
using System.Text.Json;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Oplog;

/// <summary>An answer of the change log over HTTP.</summary>
public sealed class OplogAnswer
{
    private readonly IReadOnlyList<(OplogOp Op, string Queue)> _ops;

    internal OplogAnswer(IReadOnlyList<(OplogOp Op, string Queue)> ops, string nextCursor, int pollingDelayMs) =>
        (_ops, NextCursor, PollingDelayMs) = (ops, nextCursor, pollingDelayMs);

    public string NextCursor { get; }

    /// <summary>When to ask again.</summary>
    public int PollingDelayMs { get; }

    /// <summary><c>{"ops", "next_cursor", "polling_delay_ms"}</c>.</summary>
    public ReadOnlyMemory<byte> ToJson() => Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("ops"u8);
        foreach (var (op, queue) in _ops)
            OpJson.Write(json, op, queue);
        json.WriteEndArray();
        json.WriteString("next_cursor"u8, NextCursor);
        json.WriteNumber("polling_delay_ms"u8, PollingDelayMs);
        json.WriteEndObject();
    });

    /// <summary>A JSON array of CloudEvents; cursor and delay have no place in it.</summary>
    public ReadOnlyMemory<byte> ToEventBatch() => Write(json =>
    {
        json.WriteStartArray();
        foreach (var (op, queue) in _ops)
            OpJson.WriteEvent(json, op, queue);
        json.WriteEndArray();
    });

    /// <summary>One op by itself.</summary>
    internal static ReadOnlyMemory<byte> One(OplogOp op, string queue) => Write(json => OpJson.Write(json, op, queue));

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> content)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(body, JsonText.Options);
        content(json);
        json.Flush();
        return body.WrittenMemory;
    }
}
