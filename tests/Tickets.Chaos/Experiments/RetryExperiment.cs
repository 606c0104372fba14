using System.Collections.Concurrent;
using System.Text.Json;
using Tickets.Chaos.Checkers;
using Tickets.Chaos.Faults;
using Tickets.Chaos.Histories;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>R3: every request several times, at once and again, through a line that loses a third of the answers.</summary>
internal sealed class RetryExperiment : IExperiment
{
    private const int Robots = 16;

    public string Name => "retries";

    public string Requirement => "R3";

    public string Description => "Creates with a nonce and updates with an idempotency key, each sent one to five times at once and again until answered, through a proxy that cuts replies and resets requests, and with the app killed.";

    public TimeSpan Whole => TimeSpan.FromMinutes(2);

    public TimeSpan Bounded => TimeSpan.FromSeconds(12);

    public async Task RunAsync(ChaosRun run)
    {
        await using var scene = await Scene.StartAsync(run, processes: 2);
        var queues = new[] { await scene.MakeQueueAsync("retries/a", "hot-0"), await scene.MakeQueueAsync("retries/b", "hot-1") };
        await using var proxy = new TcpProxy(() => scene.Fleet[0].Address.Port, run.SeedOf("proxy"));
        using var spoiled = new ChaosClient(() => new Uri($"http://127.0.0.1:{proxy.Port}"), scene.Fleet.Key, TimeSpan.FromSeconds(10));
        using var direct = scene.ClientOf(1);
        var storm = new RetryStorm(run, queues, spoiled, direct);
        proxy.Faults = new ProxyFaults(CutReplies: 0.3, Reset: 0.05);
        var nemesis = new Nemesis(run.History, [new ResetConnections(proxy), new KillApp(scene.Fleet)], (1500, 4000), run.SeedOf("nemesis"));
        await run.BreakAsync(nemesis, stop => storm.RunAsync(Robots, stop), () => $"{proxy.Cut} answers and {proxy.WasReset} requests lost, {storm.State}");
        proxy.Faults = ProxyFaults.None;

        var log = await scene.ReadLogAsync();
        run.Judge("one nonce, one ticket; one key, one change; equal answers", Effects.Check(storm.Requests, log.Select(Mark), SameJson));
        run.Judge("answers are answers, refusals or 503 problems with Retry-After", [.. storm.Faults]);
        run.Judge("answers were lost", proxy.Cut > 0 && storm.Requests.Count > 0, "the proxy cut nothing, so nothing was tested");
        run.Sheet.Info("distinct_requests", storm.Requests.Count, "requests");
        run.Sheet.Info("sent", storm.Sent, "requests");
        run.Sheet.Info("answers_cut", proxy.Cut, "answers");
        run.Sheet.Info("requests_reset", proxy.WasReset, "requests");
        run.Sheet.Info("faults", nemesis.Count, "faults");
    }

    private static string Mark(JsonElement op) => op.GetProperty("diff").GetProperty("set").TryGetProperty("meta.mark", out var mark) ? mark.GetString()! : op.GetRawText();

    private static bool SameJson(string one, string other) => JsonElement.DeepEquals(JsonElement.Parse(one), JsonElement.Parse(other));
}

/// <summary>Robots that repeat themselves.</summary>
internal sealed class RetryStorm(ChaosRun run, string[] queues, ChaosClient spoiled, ChaosClient direct)
{
    private const int MostCopies = 5;

    private readonly ConcurrentBag<Repeated> _requests = [];
    private readonly ConcurrentBag<string> _faults = [];
    private int _sent;

    public IReadOnlyCollection<Repeated> Requests => _requests;

    public IReadOnlyCollection<string> Faults => _faults;

    public int Sent => Volatile.Read(ref _sent);

    public string State => $"{Sent} sent for {_requests.Count}";

    public Task RunAsync(int robots, CancellationToken stop) => Task.WhenAll(Enumerable.Range(1, robots).Select(robot => Task.Run(() => WorkAsync(robot, stop), CancellationToken.None)));

    private async Task WorkAsync(int robot, CancellationToken stop)
    {
        var random = new Random(run.SeedOf($"robot {robot}"));
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            var (queue, mark) = (queues[random.Next(queues.Length)], $"{robot}/{turn}");
            var nonce = (await direct.UntilOkAsync("POST", "/nonces", "{}")).Json.GetProperty("nonces")[0].GetString();
            var created = await GiveAsync(robot, random, $"create {mark}", "POST", "/tickets", $$"""{"nonce": "{{nonce}}", "queue": "{{queue}}", "meta": {"mark": "create {{mark}}"} }""");
            var id = JsonElement.Parse(created).GetProperty("ticket_id").GetString();
            await GiveAsync(robot, random, $"update {mark}", "PATCH", $"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"meta.mark": "update {{mark}}"} }""", ("Idempotency-Key", $"key {mark}"));
        }
    }

    /// <summary>All copies at once, some of them past the proxy to another process; then again until one is answered.</summary>
    private async Task<string> GiveAsync(int robot, Random random, string key, string method, string path, string body, params (string, string)[] headers)
    {
        var replies = new List<string>();
        do
        {
            var clients = Enumerable.Range(0, random.Next(1, MostCopies + 1)).Select(_ => random.Next(4) == 0 ? direct : spoiled).ToList();
            replies.AddRange((await Task.WhenAll(clients.Select(client => SendAsync(client, robot, key, method, path, body, headers)))).OfType<string>());
            if (replies.Count == 0)
                await Task.Delay(20);
        }
        while (replies.Count == 0);
        _requests.Add(new Repeated(key, replies));
        return replies[0];
    }

    private async Task<string?> SendAsync(ChaosClient client, int robot, string key, string method, string path, string body, (string, string)[] headers)
    {
        var op = method == "POST" ? "create" : "update";
        var number = run.History.Begin(robot, op, key);
        Interlocked.Increment(ref _sent);
        var reply = await client.SendAsync(method, path, body, headers);
        run.History.End(number, robot, reply.Outcome, op, key, detail: reply.IsOk ? null : reply.ToString());
        if (reply.Fault is { } fault)
            _faults.Add($"{key}: {fault}");
        // Each copy says the same, so that none of them can be wrong by itself.
        if (reply.Status is >= 400 and < 500 and not 429)
            _faults.Add($"{key} is refused: {reply} {reply.Text}");
        return reply.IsOk ? reply.Text : null;
    }
}
