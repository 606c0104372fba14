using System.Runtime.InteropServices;
using System.Text.Json;

namespace Tickets.Cli;

/// <summary>Lines to a file or to standard output. The file has its name only when it is whole: a run that breaks off leaves <c>NAME.part</c>.</summary>
internal sealed class LineFile : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly string? _path;

    private LineFile(Stream stream, string? path) => (_stream, _path) = (stream, path);

    public long Lines { get; private set; }

    /// <param name="path">Null is standard output.</param>
    /// <param name="terminal">That has it.</param>
    public static LineFile Open(string? path, ITerminal terminal)
    {
        if (path is not null) return new LineFile(File.Create(path + ".part"), path);
        terminal.Out.Flush();
        return new LineFile(terminal.OutBytes, null);
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> line, CancellationToken cancel)
    {
        await _stream.WriteAsync(line, cancel);
        await _stream.WriteAsync("\n"u8.ToArray(), cancel);
        Lines++;
    }

    /// <summary>A document as it came; line breaks between its tokens, which mean nothing, become spaces.</summary>
    public Task WriteAsync(JsonElement document, CancellationToken cancel)
    {
        var line = JsonMarshal.GetRawUtf8Value(document).ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        return WriteAsync(line, cancel);
    }

    public async Task FinishAsync(CancellationToken cancel)
    {
        await _stream.FlushAsync(cancel);
        if (_path is null) return;
        await _stream.DisposeAsync();
        File.Move(_path + ".part", _path, overwrite: true);
    }

    public ValueTask DisposeAsync() => _path is null ? ValueTask.CompletedTask : _stream.DisposeAsync();
}
