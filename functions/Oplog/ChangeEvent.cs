using System.Globalization;
using System.Text.Json;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Oplog;

/// <summary>A change as a topic message brings it. Of what a message says, only its body counts: that is ours, byte for byte.</summary>
/// <param name="At">When it was committed, or a moment before.</param>
/// <param name="Op">The op; null when it was published by reference.</param>
/// <param name="Reference">Where the op is to be had then.</param>
/// <param name="TraceParent">The trace of the request that made the change; null when nobody records it.</param>
internal sealed record ChangeEvent(string Shard, long Opid, string Kind, string TicketId, DateTimeOffset At, JsonElement? Op, string? Reference, string? TraceParent)
{
    /// <exception cref="FormatException">It is no change of ours; the message says why.</exception>
    public static ChangeEvent Read(TopicMessage message)
    {
        try
        {
            using var document = JsonDocument.Parse(message.Body);
            var body = document.RootElement;
            if (Text(body, "specversion") != "1.0" || Text(body, "type") is not { } type || !type.StartsWith("tickets.", StringComparison.Ordinal))
                throw new FormatException("the body is not a CloudEvent of the change log");
            var id = Text(body, "id")?.Split(':');
            if (id is not [var shard, var number] || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var opid))
                throw new FormatException("the event's id is not shard:opid");
            if (!DateTimeOffset.TryParse(Text(body, "time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
                throw new FormatException("the event has no time");
            var op = body.TryGetProperty("data", out var data) ? data.Clone() : (JsonElement?)null;
            var reference = Text(body, "dataref");
            if (op is null && reference is null)
                throw new FormatException("the event has neither data nor a reference");
            return new ChangeEvent(shard, opid, type["tickets.".Length..], Text(body, "subject") ?? "", at, op, reference, Text(body, "traceparent"));
        }
        catch (JsonException fault)
        {
            throw new FormatException("the body is not JSON", fault);
        }
    }

    private static string? Text(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
