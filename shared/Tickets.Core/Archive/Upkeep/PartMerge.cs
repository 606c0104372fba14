using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>
/// Writes parts of one day anew, as one or, beyond a size, as several. Memory is bounded by the number of parts, not by their size. Every part that is written is
/// read back before it is given out.
/// </summary>
internal sealed class PartMerge(ColdParts parts, string queue, DateOnly day, long maxBytes)
{
    /// <param name="inputs">Oldest first.</param>
    /// <param name="drop">Tickets to leave out.</param>
    /// <returns>None when no ticket remains. Their blobs are written, no row lists them yet.</returns>
    /// <exception cref="DamagedPartException">An input is damaged or missing.</exception>
    public async Task<IReadOnlyList<DayPart>> WriteAsync(IReadOnlyList<DayPart> inputs, IReadOnlySet<long> drop, CancellationToken cancellationToken)
    {
        var at = inputs.Max(part => part.At);
        var outputs = new List<DayPart>();
        Output? output = null;
        try
        {
            await foreach (var (id, json) in MergedParts.ReadAsync(parts, queue, day, inputs, cancellationToken))
            {
                if (drop.Contains(id))
                    continue;
                output ??= Output.Begin(parts, queue, day, at);
                await output.Writer.AppendAsync(id, json, cancellationToken);
                if (output.Writer.Bytes < maxBytes)
                    continue;
                outputs.Add(await CompleteAsync(output, cancellationToken));
                await output.DisposeAsync();
                output = null;
            }

            if (output is not null)
                outputs.Add(await CompleteAsync(output, cancellationToken));
            return outputs;
        }
        finally
        {
            if (output is not null)
                await output.DisposeAsync();
        }
    }

    private async Task<DayPart> CompleteAsync(Output output, CancellationToken cancellationToken)
    {
        var entry = await output.CompleteAsync(cancellationToken);
        var name = PartName.Of(queue, day, entry.Part);
        return entry.IsOf(await parts.CheckAsync(name, cancellationToken)) ? entry : throw new DamagedPartException(name, 0, "it holds something else than was written");
    }

    /// <summary>A part that is written.</summary>
    private sealed class Output(ulong id, StagedUpload upload, long at) : IAsyncDisposable
    {
        public PartWriter Writer { get; } = new(upload);

        public static Output Begin(ColdParts parts, string queue, DateOnly day, long at)
        {
            var id = PartName.NewId();
            return new Output(id, parts.Create(PartName.Of(queue, day, id)), at);
        }

        public async Task<DayPart> CompleteAsync(CancellationToken cancellationToken)
        {
            var entry = DayPart.From(id, await Writer.CompleteAsync(cancellationToken)) with { At = at };
            await upload.CommitAsync(PartMetadata.Of(entry), cancellationToken);
            return entry;
        }

        public async ValueTask DisposeAsync()
        {
            Writer.Dispose();
            await upload.DisposeAsync();
        }
    }
}
