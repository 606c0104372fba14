using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Tickets.Core.Archive.Format;

namespace Tickets.Core.Archive.Scan;

/// <summary>Reads a piece of a result line by line: no more than the longest line is in memory.</summary>
internal static class ResultLines
{
    private const int LongestStart = 40;

    /// <returns>The ticket of each line (-1 for a line that does not begin with one), and the line with its end; its memory holds until the next one is asked for.</returns>
    public static async IAsyncEnumerable<(long Id, ReadOnlySequence<byte> Line)> ReadAsync(Stream content, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(content, new StreamPipeReaderOptions(bufferSize: 64 * 1024));
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = rest.Slice(0, rest.GetPosition(1, end));
                    rest = rest.Slice(line.End);
                    yield return (IdOf(line), line);
                }

                if (read.IsCompleted)
                {
                    if (!rest.IsEmpty)
                        yield return (IdOf(rest), rest);
                    yield break;
                }

                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static long IdOf(ReadOnlySequence<byte> line)
    {
        Span<byte> start = stackalloc byte[LongestStart];
        var length = (int)Math.Min(line.Length, start.Length);
        line.Slice(0, length).CopyTo(start);
        return DocumentLine.TryReadId(start[..length], out var id) ? id : -1;
    }
}
