namespace Tickets.Core.Archive.Index;

/// <summary>
/// One queue's cached parts. Refreshes are shared: whoever asks while one is running waits for the next one, because the running one may have read the
/// table before the caller's reason to ask. So at most one runs and one waits, however many ask, and a pause between two bounds their rate.
/// </summary>
internal sealed class QueueIndex(string queue, ColdShards shards, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly Lock _lock = new();
    private Task<IndexReading> _running = Task.FromResult(new IndexReading(QueueParts.None, 0));
    private Task<IndexReading>? _waiting;
    private long _readAt;
    private volatile QueueParts? _current;

    public QueueParts? Current => _current;

    /// <summary>When the reading that gave <see cref="Current"/> began, as a timestamp of the time provider.</summary>
    public long ReadAt => Volatile.Read(ref _readAt);

    /// <summary>A reading that begins after this call.</summary>
    public Task<IndexReading> RefreshAsync()
    {
        lock (_lock)
        {
            if (_waiting is null)
            {
                var previous = _running;
                _waiting = Task.Run(() => RunAfterAsync(previous));
            }

            return _waiting;
        }
    }

    private async Task<IndexReading> RunAfterAsync(Task<IndexReading> previous)
    {
        // A failed reading is its own callers' business.
        await ((Task)previous).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_current is not null && Pause - time.GetElapsedTime(ReadAt) is { Ticks: > 0 } pause)
            await Task.Delay(pause, time);
        var start = time.GetTimestamp();
        lock (_lock)
        {
            _running = _waiting!;
            _waiting = null;
        }

        var reading = await ReadAsync(_current ?? QueueParts.None);
        Volatile.Write(ref _readAt, start);
        _current = reading.Parts;
        return reading;
    }

    /// <summary>The revision is read before the days: a day that changes in between is read again next time, which does no harm.</summary>
    private async Task<IndexReading> ReadAsync(QueueParts known)
    {
        var revision = await shards.ReadRevisionAsync(queue, CancellationToken.None);
        if (revision == known.Revision)
            return new IndexReading(known, 1);
        // Revisions count up, unless the rows were lost and made again.
        var since = revision > known.Revision ? known : QueueParts.None;
        return new IndexReading(since.With(revision, await shards.ReadChangesAsync(queue, since.Revision, CancellationToken.None)), 2);
    }
}

/// <summary>A queue's parts and the storage requests that it took to know them.</summary>
internal sealed record IndexReading(QueueParts Parts, int StorageRequests);
