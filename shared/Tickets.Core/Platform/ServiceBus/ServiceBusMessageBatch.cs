using System.Buffers;
using System.Text.Json;

namespace Tickets.Core.Platform.ServiceBus;

/// <summary>Messages that are sent together, all or none, up to a size.</summary>
public sealed class ServiceBusMessageBatch : IDisposable
{
    private const int ClosingBracket = 1;

    // Text travels as it is: HTML has no part in this.
    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _messages = new(64 * 1024);
    private readonly ArrayBufferWriter<byte> _one = new(4 * 1024);
    private readonly Utf8JsonWriter _json;

    internal ServiceBusMessageBatch(long maxSizeInBytes)
    {
        MaxSizeInBytes = maxSizeInBytes;
        _json = new Utf8JsonWriter(_one, Options);
    }

    public int Count { get; private set; }

    public long MaxSizeInBytes { get; }

    /// <summary>Of the request that sends it.</summary>
    public long SizeInBytes => _messages.WrittenCount + ClosingBracket;

    /// <returns>False when it does not fit; the batch is as before.</returns>
    public bool TryAddMessage(ServiceBusMessage message)
    {
        _one.ResetWrittenCount();
        _json.Reset(_one);
        Write(message);
        _json.Flush();
        if (SizeInBytes + 1 + _one.WrittenCount > MaxSizeInBytes)
            return false;
        _messages.Write(Count == 0 ? "["u8 : ","u8);
        _messages.Write(_one.WrittenSpan);
        Count++;
        return true;
    }

    public void Dispose() => _json.Dispose();

    /// <summary>The body of the request: a JSON array.</summary>
    internal byte[] ToArray()
    {
        if (Count == 0)
            throw new InvalidOperationException("An empty batch cannot be sent.");
        return [.. _messages.WrittenSpan, (byte)']'];
    }

    private void Write(ServiceBusMessage message)
    {
        _json.WriteStartObject();
        _json.WriteString("Body"u8, message.Body.Span);
        _json.WriteStartObject("BrokerProperties"u8);
        Write("MessageId"u8, message.MessageId);
        Write("SessionId"u8, message.SessionId);
        Write("Label"u8, message.Subject);
        Write("CorrelationId"u8, message.CorrelationId);
        Write("ContentType"u8, message.ContentType);
        _json.WriteEndObject();
        _json.WriteStartObject("UserProperties"u8);
        foreach (var (name, value) in message.ApplicationProperties)
            Write(name, value);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    private void Write(ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            _json.WriteString(name, value);
    }

    private void Write(string name, object value)
    {
        switch (value)
        {
            case string text:
                _json.WriteString(name, text);
                break;
            case long number:
                _json.WriteNumber(name, number);
                break;
            case int number:
                _json.WriteNumber(name, number);
                break;
            case bool flag:
                _json.WriteBoolean(name, flag);
                break;
            default:
                throw new ArgumentException($"The application property '{name}' is a {value.GetType().Name}; strings, whole numbers and booleans can be sent.", nameof(value));
        }
    }
}
