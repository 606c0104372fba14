using System.Collections.Concurrent;

namespace Tickets.Core.Archive.Index;

/// <summary>
/// The days of every queue that is read, kept in memory and refreshed by what changed. Any process may archive at any time, so what is kept may be a little
/// old; who must know all that was committed asks for <see cref="RefreshAsync"/>.
/// </summary>
public sealed class ColdIndex(ColdShards shards, ArchiveOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, QueueIndex> _queues = new(StringComparer.Ordinal);

    /// <summary>The queue's parts as known, at most the maximal age old.</summary>
    internal ValueTask<IndexReading> GetAsync(string queue, CancellationToken cancellationToken)
    {
        var index = Of(queue);
        return index.Current is { } parts && time.GetElapsedTime(index.ReadAt) < options.IndexMaxAge
            ? ValueTask.FromResult(new IndexReading(parts, 0))
            : new ValueTask<IndexReading>(index.RefreshAsync().WaitAsync(cancellationToken));
    }

    /// <summary>The queue's parts with everything that was committed before this call.</summary>
    internal Task<IndexReading> RefreshAsync(string queue, CancellationToken cancellationToken) =>
        Of(queue).RefreshAsync().WaitAsync(cancellationToken);

    private QueueIndex Of(string queue) => _queues.GetOrAdd(queue, name => new QueueIndex(name, shards, time));
}
