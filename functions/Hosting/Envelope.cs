using System.Collections.Frozen;
using System.Text.Json;

namespace Tickets.Functions.Hosting;

/// <summary>An invocation as the host posts it: <c>{"Data": {binding: value}, "Metadata": {…}}</c>.</summary>
internal sealed class Envelope
{
    private readonly JsonElement _value;
    private readonly JsonElement _metadata;

    private Envelope(JsonElement value, JsonElement metadata) => (_value, _metadata) = (value, metadata);

    /// <param name="binding">The trigger's name in <c>function.json</c>.</param>
    /// <exception cref="FormatException">The message says why it is not an invocation of such a function.</exception>
    public static Envelope Read(ReadOnlyMemory<byte> body, string binding)
    {
        if (body.IsEmpty)
            throw new FormatException("the body is empty");

        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(body);
            root = document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new FormatException("the body is not JSON", exception);
        }

        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("Data", out var data) || data.ValueKind != JsonValueKind.Object)
            throw new FormatException("there is no object 'Data'");
        if (!data.TryGetProperty(binding, out var value))
            throw new FormatException($"'Data' has no value '{binding}'");

        var metadata = root.TryGetProperty("Metadata", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        return new Envelope(value, metadata);
    }

    /// <exception cref="FormatException">The value is not a timer's.</exception>
    public TimerRun ToTimerRun()
    {
        var timer = EnvelopeValue.Object(_value);
        if (timer.ValueKind != JsonValueKind.Object)
            throw new FormatException("the timer's value is not an object");

        return new TimerRun(timer.TryGetProperty("IsPastDue", out var late) && EnvelopeValue.Boolean(late) is true);
    }

    /// <exception cref="FormatException">The value is not a message's body.</exception>
    public TopicMessage ToTopicMessage() => new(
        EnvelopeValue.Bytes(_value) ?? throw new FormatException("the message has no body"),
        EnvelopeValue.Text(Metadata("MessageId")),
        EnvelopeValue.Text(Metadata("SessionId")),
        EnvelopeValue.Text(Metadata("Subject")),
        EnvelopeValue.Text(Metadata("CorrelationId")),
        EnvelopeValue.Text(Metadata("ContentType")),
        EnvelopeValue.Integer(Metadata("DeliveryCount")),
        EnvelopeValue.Integer(Metadata("SequenceNumber")),
        EnvelopeValue.Time(Metadata("EnqueuedTime")) ?? EnvelopeValue.Time(Metadata("EnqueuedTimeUtc")),
        Properties());

    private IReadOnlyDictionary<string, JsonElement> Properties()
    {
        var properties = EnvelopeValue.Object(Metadata("ApplicationProperties"));
        return properties.ValueKind == JsonValueKind.Object
            ? properties.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal)
            : FrozenDictionary<string, JsonElement>.Empty;
    }

    private JsonElement Metadata(string name) =>
        _metadata.ValueKind == JsonValueKind.Object && _metadata.TryGetProperty(name, out var value) ? value : default;
}
