using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>
/// Writes parts of one day anew, as one or, beyond a size, as several: in order of id, each ticket once, the newest copy of it, without those that do not count. Memory is bounded by
/// the number of parts, not by their size. Every part that is written is read back before it is given out.
/// </summary>
internal sealed class PartMerge(ColdParts parts, string queue, DateOnly day, long maxBytes)
{
    private readonly List<DayPart> _outputs = [];

    /// <param name="inputs">Oldest first.</param>
    /// <param name="drop">Tickets to leave out.</param>
    /// <returns>None when no ticket remains. Their blobs are written, no row lists them yet.</returns>
    /// <exception cref="DamagedPartException">An input is damaged or missing.</exception>
    public async Task<IReadOnlyList<DayPart>> WriteAsync(IReadOnlyList<DayPart> inputs, IReadOnlySet<long> drop, CancellationToken cancellationToken)
    {
        var at = inputs.Max(part => part.At);
        var sources = new PriorityQueue<Source, (long Id, int Age)>();
        var open = new List<Source>();
        try
        {
            for (var i = 0; i < inputs.Count; i++)
            {
                // A part is opened when its first ticket's turn has come: those of a quiet day follow one another.
                var source = new Source(inputs[i], PartName.Of(queue, day, inputs[i].Part));
                open.Add(source);
                sources.Enqueue(source, (inputs[i].MinId, -i));
            }

            var last = -1L;
            Output? output = null;
            while (sources.TryDequeue(out var source, out var turn))
            {
                if (source.IsOpen && turn.Id != last && !drop.Contains(turn.Id))
                {
                    output ??= Output.Begin(parts, queue, day, at);
                    await output.Writer.AppendAsync(turn.Id, source.Json, cancellationToken);
                }

                // Of several copies the newest part's comes first, and the others are passed over. One that does not count must not hide those.
                if (source.IsOpen)
                    last = turn.Id;
                if (await source.NextAsync(parts, cancellationToken) is { } next)
                    sources.Enqueue(source, (next, turn.Age));
                if (output?.Writer.Bytes >= maxBytes)
                {
                    await CompleteAsync(output, cancellationToken);
                    output = null;
                }
            }

            if (output is not null)
                await CompleteAsync(output, cancellationToken);
            return _outputs;
        }
        finally
        {
            foreach (var source in open)
                await source.DisposeAsync();
        }
    }

    private async Task CompleteAsync(Output output, CancellationToken cancellationToken)
    {
        await using (output)
        {
            var entry = await output.CompleteAsync(cancellationToken);
            var name = PartName.Of(queue, day, entry.Part);
            if (!entry.IsOf(await parts.CheckAsync(name, cancellationToken)))
                throw new DamagedPartException(name, 0, "it holds something else than was written");
            _outputs.Add(entry);
        }
    }

    /// <summary>A part that is read, at one of its tickets.</summary>
    private sealed class Source(DayPart part, string name) : IAsyncDisposable
    {
        private readonly HashSet<long> _gone = [.. part.GoneIds()];
        private PartReader? _reader;
        private IAsyncEnumerator<(long Id, ReadOnlyMemory<byte> Json)>? _documents;

        public bool IsOpen => _documents is not null;

        /// <summary>Of the ticket whose id was last answered; it holds until the next one is asked for.</summary>
        public ReadOnlyMemory<byte> Json { get; private set; }

        public async ValueTask<long?> NextAsync(ColdParts parts, CancellationToken cancellationToken)
        {
            if (_documents is null)
            {
                _reader = await parts.OpenAsync(name, cancellationToken) ?? throw new DamagedPartException(name, 0, "the part is missing");
                _documents = _reader.DocumentsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            }

            while (await _documents.MoveNextAsync())
            {
                if (_gone.Contains(_documents.Current.Id))
                    continue;
                Json = _documents.Current.Json;
                return _documents.Current.Id;
            }

            return part.IsOf(_reader!.Summary!) ? null : throw new DamagedPartException(name, 0, "it is not the part that the day's row lists");
        }

        public async ValueTask DisposeAsync()
        {
            if (_documents is not null)
                await _documents.DisposeAsync();
            _reader?.Dispose();
        }
    }

    /// <summary>A part that is written.</summary>
    private sealed class Output(ulong id, PartUpload upload, long at) : IAsyncDisposable
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
