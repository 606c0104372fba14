namespace Tickets.Client;

/// <summary>
/// A stock of nonces, so that a robot which creates tickets makes one call per ticket. Begins with one and doubles with demand
/// up to <paramref name="stock"/>: a program that creates a single ticket wastes no numbers.
/// </summary>
internal sealed class NoncePool(Func<int, CancellationToken, Task<IReadOnlyList<string>>> take, int stock, TimeSpan maxAge, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<(string Nonce, long TakenAt)> _ready = new();
    private readonly CancellationTokenSource _closing = new();
    private int _nextBatch = 1;
    private Task? _refill;

    public async Task<string> TakeAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task pending;
            lock (_gate)
            {
                DropStale();
                var found = _ready.TryDequeue(out var entry);
                // Ask ahead while the last quarter is being used up, so that nobody waits in a steady stream of creates.
                if (!found || _ready.Count < _nextBatch / 4) _refill ??= RefillAsync();
                if (found) return entry.Nonce;
                pending = _refill!;
            }
            await pending.WaitAsync(cancel);
        }
    }

    /// <summary>Forgets the stock: the server stopped honouring it.</summary>
    public void Clear()
    {
        lock (_gate) _ready.Clear();
    }

    public void Dispose()
    {
        _closing.Cancel();
        _closing.Dispose();
    }

    private void DropStale()
    {
        while (_ready.TryPeek(out var oldest) && time.GetElapsedTime(oldest.TakenAt) > maxAge) _ready.Dequeue();
    }

    /// <summary>A failure reaches whoever waits; when nobody does, the next taker that finds the pool empty asks again and sees its own.</summary>
    private async Task RefillAsync()
    {
        // The caller holds the lock: leave it before any work.
        await Task.Yield();
        try
        {
            var takenAt = time.GetTimestamp();
            var nonces = await take(_nextBatch, _closing.Token);
            lock (_gate)
            {
                foreach (var nonce in nonces) _ready.Enqueue((nonce, takenAt));
                _nextBatch = Math.Min(_nextBatch * 2, stock);
            }
        }
        finally
        {
            lock (_gate) _refill = null;
        }
    }
}
