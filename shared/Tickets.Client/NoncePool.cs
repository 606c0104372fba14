namespace Tickets.Client;

/// <summary>
/// A stock of nonces, so that a robot which creates tickets makes one call per ticket. Begins with one and doubles with demand
/// up to <paramref name="stock"/>: a program that creates a single ticket wastes no numbers.
/// </summary>
internal sealed class NoncePool(Func<int, CancellationToken, Task<IReadOnlyList<string>>> take, int stock, TimeSpan maxAge, TimeProvider time) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<(string Nonce, long TakenAt)> ready = new();
    private readonly CancellationTokenSource closing = new();
    private int nextBatch = 1;
    private Task? refill;

    public async Task<string> TakeAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task pending;
            lock (gate)
            {
                DropStale();
                var found = ready.TryDequeue(out var entry);
                // Ask ahead while the last quarter is being used up, so that nobody waits in a steady stream of creates.
                if (!found || ready.Count < nextBatch / 4) refill ??= RefillAsync();
                if (found) return entry.Nonce;
                pending = refill!;
            }
            await pending.WaitAsync(cancel);
        }
    }

    /// <summary>Forgets the stock: the server stopped honouring it.</summary>
    public void Clear()
    {
        lock (gate) ready.Clear();
    }

    public void Dispose()
    {
        closing.Cancel();
        closing.Dispose();
    }

    private void DropStale()
    {
        while (ready.TryPeek(out var oldest) && time.GetElapsedTime(oldest.TakenAt) > maxAge) ready.Dequeue();
    }

    /// <summary>A failure reaches whoever waits; when nobody does, the next taker that finds the pool empty asks again and sees its own.</summary>
    private async Task RefillAsync()
    {
        // The caller holds the lock: leave it before any work.
        await Task.Yield();
        try
        {
            var takenAt = time.GetTimestamp();
            var nonces = await take(nextBatch, closing.Token);
            lock (gate)
            {
                foreach (var nonce in nonces) ready.Enqueue((nonce, takenAt));
                nextBatch = Math.Min(nextBatch * 2, stock);
            }
        }
        finally
        {
            lock (gate) refill = null;
        }
    }
}
