using System.Runtime.CompilerServices;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;

namespace Tickets.Core.Archive.Parts;

/// <summary>Several parts of one day read as one: in order of id, each ticket once, the newest copy of it, without those that do not count. A part is opened when its first ticket's turn has come.</summary>
internal static class MergedParts
{
    /// <param name="inputs">Oldest first.</param>
    /// <returns>A document's memory holds until the next one is asked for.</returns>
    /// <exception cref="DamagedPartException">A part is damaged or missing.</exception>
    public static async IAsyncEnumerable<(long Id, ReadOnlyMemory<byte> Json)> ReadAsync(
        ColdParts parts, string queue, DateOnly day, IReadOnlyList<DayPart> inputs, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sources = new PriorityQueue<Source, (long Id, int Age)>();
        var all = inputs.Select(input => new Source(input, PartName.Of(queue, day, input.Part))).ToList();
        try
        {
            for (var i = 0; i < inputs.Count; i++)
                sources.Enqueue(all[i], (inputs[i].MinId, -i));
            var last = -1L;
            while (sources.TryDequeue(out var source, out var turn))
            {
                // Of several copies the newest part's comes first, and the others are passed over.
                if (source.IsOpen && turn.Id != last)
                {
                    last = turn.Id;
                    yield return (turn.Id, source.Json);
                }

                if (await source.NextAsync(parts, cancellationToken) is { } next)
                    sources.Enqueue(source, (next, turn.Age));
            }
        }
        finally
        {
            foreach (var source in all)
                await source.DisposeAsync();
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
}
