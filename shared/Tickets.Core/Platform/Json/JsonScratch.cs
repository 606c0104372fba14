using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Tickets.Core.Platform.Json;

/// <summary>A buffer with its writer that a thread uses again and again: short texts are written too often to make both anew for each.</summary>
internal sealed class JsonScratch : IDisposable
{
    private const int MostKept = 64 * 1024;

    [ThreadStatic]
    private static JsonScratch? _idle;

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);

    private JsonScratch() => Writer = new Utf8JsonWriter(_buffer, JsonText.Options);

    public Utf8JsonWriter Writer { get; }

    /// <summary>Takes the thread's own, or a new one when that is in use.</summary>
    public static JsonScratch Take()
    {
        var scratch = _idle ?? new JsonScratch();
        _idle = null;
        return scratch;
    }

    /// <summary>Puts a text that is no JSON in front.</summary>
    public void Begin(string text) => Encoding.UTF8.GetBytes(text, _buffer);

    /// <returns>What was written so far; good until the scratch is disposed.</returns>
    public ReadOnlySpan<byte> Written()
    {
        Writer.Flush();
        return _buffer.WrittenSpan;
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        Writer.Reset();
        _buffer.ResetWrittenCount();
    }

    /// <summary>Gives it back to the thread that it is on now.</summary>
    public void Dispose()
    {
        Clear();
        if (_buffer.Capacity <= MostKept)
            _idle = this;
    }
}
