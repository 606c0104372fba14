using System.Threading.Channels;

namespace Tickets.Core.Orchestration.Working;

/// <summary>Wakes the worker: at once, or at a time that is near. Times further off are found in the database when they come near.</summary>
internal sealed class Alarm(TimeProvider clock)
{
    private static readonly TimeSpan Near = TimeSpan.FromSeconds(2);

    private readonly Channel<bool> _rings = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private readonly PriorityQueue<bool, long> _times = new();
    private int _queued = 1;

    /// <summary>The earliest near time that is set.</summary>
    public DateTimeOffset? Next
    {
        get
        {
            lock (_gate)
                return _times.TryPeek(out _, out var ticks) ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        }
    }

    public void Ring() => _rings.Writer.TryWrite(true);

    /// <summary>Activities were queued, or a slot for one is free again.</summary>
    public void RingForActivities()
    {
        Volatile.Write(ref _queued, 1);
        Ring();
    }

    public bool TakeQueuedHint() => Interlocked.Exchange(ref _queued, 0) == 1;

    public void SetAt(DateTimeOffset due)
    {
        var now = clock.GetUtcNow();
        if (due <= now)
        {
            Ring();
            return;
        }

        if (due - now > Near)
            return;
        bool isEarliest;
        lock (_gate)
        {
            isEarliest = !_times.TryPeek(out _, out var earliest) || due.UtcTicks < earliest;
            // The same time many times over is one time.
            if (!isEarliest && due.UtcTicks == earliest)
                return;
            _times.Enqueue(true, due.UtcTicks);
        }

        if (isEarliest)
            _rings.Writer.TryWrite(false);
    }

    /// <returns>True when it rang or a time has come; false when the longest wait is over.</returns>
    public async Task<bool> WaitAsync(TimeSpan longest, CancellationToken cancel)
    {
        var end = clock.GetUtcNow() + longest;
        while (true)
        {
            if (_rings.Reader.TryRead(out var rang) && rang)
                return true;
            var now = clock.GetUtcNow();
            if (TakeDue(now))
                return true;
            var until = Next is { } next && next < end ? next : end;
            if (until <= now)
                return false;
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny(_rings.Reader.WaitToReadAsync(enough.Token).AsTask(), Task.Delay(until - now + TimeSpan.FromMilliseconds(1), clock, enough.Token));
            await enough.CancelAsync();
            cancel.ThrowIfCancellationRequested();
        }
    }

    private bool TakeDue(DateTimeOffset now)
    {
        lock (_gate)
        {
            var any = false;
            while (_times.TryPeek(out _, out var ticks) && ticks <= now.UtcTicks)
            {
                _times.Dequeue();
                any = true;
            }

            return any;
        }
    }
}
