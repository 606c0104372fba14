using System.Collections.Concurrent;

namespace Tickets.Acceptance.Moves;

/// <summary>Robots that create, update and read tickets of one queue through several processes, and note every answer.</summary>
internal sealed class QueueTraffic(string queue, params Api[] processes) : IAsyncDisposable
{
    // Enough that something is under way at every instant of a move; without it the robots would take the machine from what they watch.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(15);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Kept> _kept = new();
    private readonly ConcurrentBag<string> _faults = [];
    private Task _running = Task.CompletedTask;
    private int _writes;

    public int Writes => Volatile.Read(ref _writes);

    public QueueTraffic Start(int robots = 6)
    {
        _running = Task.WhenAll(Enumerable.Range(0, robots).Select(robot => Task.Run(() => WorkAsync(robot))));
        return this;
    }

    /// <summary>Waits until the robots have written this much more: their work goes on while something happens.</summary>
    public async Task FlowsAsync(int more = 50)
    {
        var before = Writes;
        await Eventually.IsAsync(() => Task.FromResult(Writes >= before + more));
    }

    /// <summary>Every answer that was given still stands, and giving the same requests again gives the same answers.</summary>
    public async Task<IReadOnlyCollection<Kept>> VerifyAsync()
    {
        await _stop.CancelAsync();
        await _running;
        Assert.Empty(_faults);
        var number = 0;
        await Parallel.ForEachAsync(_kept.Values, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (kept, _) =>
        {
            var api = processes[Interlocked.Increment(ref number) % processes.Length];
            var ticket = await api.TicketAsync(queue, kept.Id);
            Assert.Equal(kept.Version, ticket.Number("version"));
            Assert.Equal(kept.Version - 1, ticket.GetProperty("meta").GetProperty("count").GetProperty("data").GetInt64());
            (await api.PostAsync("/tickets", kept.Create)).Ok().Is(kept.Created);
            if (kept.Update is { } update)
                (await api.PatchAsync($"/tickets/{kept.Id}", update, ("Idempotency-Key", kept.Key!))).Ok().Is(kept.Updated!);
        });
        return [.. _kept.Values];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task WorkAsync(int robot)
    {
        var mine = new List<Kept>();
        for (var turn = 0; !_stop.IsCancellationRequested; turn++)
        {
            var api = processes[(robot + turn) % processes.Length];
            var kept = turn % 3 == 0 ? null : mine[turn * 7 % mine.Count];
            var answer = kept is null ? await CreateAsync(api, mine) : await UpdateAsync(api, kept, $"{queue} {robot}/{turn}");
            if (answer.Status != 200)
                _faults.Add($"{answer.Status} {answer.Text}");
            Interlocked.Increment(ref _writes);

            var read = mine[turn * 13 % mine.Count];
            var seen = await processes[(robot + turn + 1) % processes.Length].GetAsync($"/tickets/{read.Id}");
            if (seen.Status != 200)
                _faults.Add($"read of {read.Id}: {seen.Status} {seen.Text}");
            await Task.Delay(Pause);
        }
    }

    private async Task<Answer> CreateAsync(Api api, List<Kept> mine)
    {
        var create = $$"""{"nonce": "{{await api.NonceAsync()}}", "queue": "{{queue}}", "meta": {"count": 0}, "indexed_meta": {"cost": {{mine.Count}} } }""";
        var answer = await api.PostAsync("/tickets", create);
        if (answer.Status == 200)
        {
            var kept = new Kept(answer.Ok().Text("ticket_id")!, create, answer.Text);
            mine.Add(kept);
            _kept[kept.Id] = kept;
        }

        return answer;
    }

    private async Task<Answer> UpdateAsync(Api api, Kept kept, string key)
    {
        var update = $$"""{"queue": "{{queue}}", "expected": {"ticket.version": {{kept.Version}} }, "set": {"meta.count": {{kept.Version}} } }""";
        var answer = await api.PatchAsync($"/tickets/{kept.Id}", update, ("Idempotency-Key", key));
        if (answer.Status == 200)
            (kept.Version, kept.Update, kept.Updated, kept.Key) = (kept.Version + 1, update, answer.Text, key);
        return answer;
    }

    /// <summary>A ticket as its robot knows it, with the last requests and their answers.</summary>
    public sealed record Kept(string Id, string Create, string Created)
    {
        public long Version { get; set; } = 1;
        public string? Update { get; set; }
        public string? Updated { get; set; }
        public string? Key { get; set; }
    }
}
