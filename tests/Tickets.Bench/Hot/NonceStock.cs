using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace Tickets.Bench.Hot;

/// <summary>
/// Nonces for the creates, fetched in lists of 1000 from the app before and along the way, as robots do. Fetching costs the
/// app a few microseconds a nonce, which the create figures therefore include.
/// </summary>
internal sealed class NonceStock(HttpClient client)
{
    private const int Low = 60_000;
    private const int Page = 1000;

    private readonly ConcurrentQueue<byte[]> _nonces = new();
    private int _fetching;

    public async Task FillAsync()
    {
        while (_nonces.Count < Low * 2)
            await FetchAsync();
    }

    /// <summary>Waits when there is none: a load that has to wait for nonces shows it in its rate.</summary>
    public ReadOnlySpan<byte> Take()
    {
        if (_nonces.Count < Low && Interlocked.Exchange(ref _fetching, 1) == 0)
            _ = Task.Run(RefillAsync);
        byte[]? nonce;
        while (!_nonces.TryDequeue(out nonce))
            Thread.Sleep(1); // The generator is one thread by design: it may block, and nothing else runs on it.
        return nonce;
    }

    private async Task RefillAsync()
    {
        try
        {
            while (_nonces.Count < Low)
                await FetchAsync();
        }
        finally
        {
            Volatile.Write(ref _fetching, 0);
        }
    }

    private async Task FetchAsync()
    {
        using var response = await client.PostAsJsonAsync("nonces", new JsonObject { ["count"] = Page });
        response.EnsureSuccessStatusCode();
        var answer = await response.Content.ReadFromJsonAsync<JsonObject>();
        foreach (var nonce in answer!["nonces"]!.AsArray())
            _nonces.Enqueue(Encoding.ASCII.GetBytes((string)nonce!));
    }
}
