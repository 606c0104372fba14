using System.Globalization;
using System.Text.Json;
using Tickets.Bench.Load;

namespace Tickets.Bench.Oplog;

/// <summary>Robots that wait on the change log, a queue each, and come again at once.</summary>
internal sealed class LongPollers : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _client;
    private readonly Lock _gate = new();
    private readonly Task _polling;
    private LatencyHistogram _delays = new();
    private long _answers;

    /// <param name="queues">Of each poller.</param>
    public LongPollers(HttpClient client, IReadOnlyList<string> queues)
    {
        _client = client;
        _polling = Task.WhenAll(queues.Select(PollAsync));
    }

    /// <summary>From an op's commit to its answer.</summary>
    public LatencyHistogram Delays
    {
        get
        {
            lock (_gate)
                return _delays;
        }
    }

    public long Answers => Interlocked.Read(ref _answers);

    public void Measure()
    {
        lock (_gate)
            _delays = new LatencyHistogram();
        Interlocked.Exchange(ref _answers, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _polling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task PollAsync(string queue)
    {
        var cursor = "now";
        while (!_stop.IsCancellationRequested)
        {
            using var response = await _client.GetAsync($"oplog?queue={Uri.EscapeDataString(queue)}&wait=20&max_ops=1000&cursor={cursor}", _stop.Token);
            response.EnsureSuccessStatusCode();
            var now = DateTimeOffset.UtcNow;
            using var page = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(_stop.Token), cancellationToken: _stop.Token);
            cursor = page.RootElement.GetProperty("next_cursor").GetString()!;
            Note(page.RootElement, now);
            var pause = page.RootElement.GetProperty("polling_delay_ms").GetInt32();
            // As they are asked: not sooner. Who has waited for nothing waits on.
            if (pause > 0 && page.RootElement.GetProperty("ops").GetArrayLength() > 0)
                await Task.Delay(pause, _stop.Token);
        }
    }

    private void Note(JsonElement page, DateTimeOffset now)
    {
        lock (_gate)
        {
            var first = true;
            foreach (var op in page.GetProperty("ops").EnumerateArray())
            {
                // Those behind the first were waiting to be fetched, by the poller's own pause.
                if (first)
                    _delays.Record((long)((now - DateTimeOffset.Parse(op.GetProperty("at").GetString()!, CultureInfo.InvariantCulture)).TotalSeconds * System.Diagnostics.Stopwatch.Frequency));
                first = false;
                Interlocked.Increment(ref _answers);
            }
        }
    }
}
