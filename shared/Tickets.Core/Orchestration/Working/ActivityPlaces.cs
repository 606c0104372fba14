namespace Tickets.Core.Orchestration.Working;

/// <summary>
/// Places for running activities, shared by all names: one more of a name begins only while more places are free than that name has. So a name whose activities
/// hang gets half of the places, two such names a third each, and some are free for the others whatever hangs.
/// </summary>
/// <param name="freed">Called when there is room for a name again that had none.</param>
internal sealed class ActivityPlaces(int places, Action freed)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);
    private readonly int _all = places;
    private int _free = places;

    /// <summary>How many more of a name could begin now.</summary>
    public int FreeFor(string name)
    {
        lock (_gate)
            return _shares.TryGetValue(name, out var share) ? More(share) : More(0);
    }

    /// <summary>As many of the name wait here as there are places at all.</summary>
    public bool IsCrowded(string name)
    {
        lock (_gate)
            return _shares.TryGetValue(name, out var share) && share.Waiting.Count >= _all;
    }

    /// <summary>Waits for a place; to be given back with <see cref="Leave"/>.</summary>
    public Task EnterAsync(string name, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (!_shares.TryGetValue(name, out var share))
                _shares[name] = share = new Share();
            if (share.Waiting.Count == 0 && More(share) > 0)
            {
                Take(share);
                return Task.CompletedTask;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            share.Waiting.Enqueue(waiter);
            return WaitAsync(waiter, cancel);
        }
    }

    public void Leave(string name)
    {
        bool hasRoom;
        lock (_gate)
        {
            var full = Full();
            _free++;
            _shares[name].Running--;
            Admit();
            hasRoom = Full() < full;
        }

        if (hasRoom)
            freed();
    }

    /// <summary>How many names have no room.</summary>
    private int Full() => _free * 2 > _all ? 0 : _shares.Values.Count(share => More(share) == 0);

    private static async Task WaitAsync(TaskCompletionSource waiter, CancellationToken cancel)
    {
        await using (cancel.UnsafeRegister(static (waiter, cancel) => ((TaskCompletionSource)waiter!).TrySetCanceled(cancel), waiter))
            await waiter.Task;
    }

    /// <summary>Whoever has least comes first.</summary>
    private void Admit()
    {
        while (_shares.Values.Where(HasWaiter).Where(share => More(share) > 0).MinBy(share => share.Running) is { } next)
        {
            if (next.Waiting.Dequeue().TrySetResult())
                Take(next);
        }
    }

    private static bool HasWaiter(Share share)
    {
        while (share.Waiting.TryPeek(out var first) && first.Task.IsCompleted)
            share.Waiting.Dequeue();
        return share.Waiting.Count > 0;
    }

    private int More(Share share) => More(share.Running);

    private int More(int running) => _free > running ? (_free - running + 1) / 2 : 0;

    private void Take(Share share)
    {
        _free--;
        share.Running++;
    }

    private sealed class Share
    {
        public int Running { get; set; }
        public Queue<TaskCompletionSource> Waiting { get; } = new();
    }
}
