using Tickets.Core.Platform;

namespace Tickets.Core.Oplog;

/// <summary>
/// Wakes those who wait for new ops of one shard. Writers of this process tell at once; for other processes' commits one probe asks
/// for the newest opid, and only while somebody waits.
/// </summary>
internal sealed class OplogHead(Shard shard, TimeProvider clock)
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _newest = -1;
    private long _grownAt = clock.GetTimestamp();
    private int _waiting;
    private bool _probing;

    /// <summary>The newest opid that this process has heard of; null when it has heard of none.</summary>
    public long? Newest
    {
        get
        {
            lock (_gate)
                return _newest < 0 ? null : _newest;
        }
    }

    /// <summary>How long this process has heard of nothing new.</summary>
    public TimeSpan Quiet
    {
        get
        {
            lock (_gate)
                return clock.GetElapsedTime(_grownAt);
        }
    }

    public void Tell(long opid)
    {
        TaskCompletionSource told;
        lock (_gate)
        {
            if (opid <= _newest)
                return;
            _newest = opid;
            _grownAt = clock.GetTimestamp();
            (told, _grown) = (_grown, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        told.SetResult();
    }

    /// <summary>Waits until there are ops after <paramref name="opid"/>, at most so long.</summary>
    public async Task WaitAsync(long opid, TimeSpan most, CancellationToken cancel)
    {
        var start = clock.GetTimestamp();
        Enter();
        try
        {
            while (true)
            {
                Task grown;
                lock (_gate)
                {
                    if (_newest > opid)
                        return;
                    grown = _grown.Task;
                }

                var left = most - clock.GetElapsedTime(start);
                if (left <= TimeSpan.Zero)
                    return;
                using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                await Task.WhenAny(grown, Task.Delay(left, clock, end.Token));
                await end.CancelAsync();
                cancel.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            lock (_gate)
                _waiting--;
        }
    }

    private void Enter()
    {
        lock (_gate)
        {
            _waiting++;
            if (_probing)
                return;
            _probing = true;
        }

        _ = Task.Run(ProbeWhileSomebodyWaitsAsync);
    }

    private async Task ProbeWhileSomebodyWaitsAsync()
    {
        while (true)
        {
            lock (_gate)
            {
                _probing = _waiting > 0;
                if (!_probing)
                    return;
            }

            await ProbeAsync();
            await Task.Delay(ProbeInterval, clock);
        }
    }

    private async Task ProbeAsync()
    {
        try
        {
            Tell(await OplogRows.HeadAsync(shard, CancellationToken.None));
        }
        catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is ObjectDisposedException)
        {
            // A shard that is away has nothing to tell; the readers' own statements report it. At the end of the process its pool goes first.
        }
    }
}

/// <summary>The newest ops of all shards.</summary>
internal sealed class OplogHeads(ShardSet shards, TimeProvider clock)
{
    private readonly Dictionary<string, OplogHead> _heads = shards.All.ToDictionary(shard => shard.Name, shard => new OplogHead(shard, clock), StringComparer.Ordinal);

    public OplogHead this[string shard] => _heads[shard];

    /// <summary>The newest op of a shard that this process has heard of, or else something.</summary>
    public Func<string, long> KnownOr(long otherwise) => shard => _heads[shard].Newest ?? otherwise;
}
