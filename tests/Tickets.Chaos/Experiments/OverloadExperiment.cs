using System.Diagnostics;
using Npgsql;
using Tickets.Bench.Load;
using Tickets.Bench.Measure;
using Tickets.Bench.Report;
using Tickets.Chaos.Faults;
using Tickets.Chaos.Load;
using Tickets.Chaos.Running;
using Tickets.Local;

namespace Tickets.Chaos.Experiments;

/// <summary>R11: five times what the app can do, and a database that takes two seconds for every answer.</summary>
internal sealed class OverloadExperiment : IExperiment
{
    private const int Connections = 64;
    // More than one queue's share of a waiting room, so that there is something to refuse.
    private const int FloodConnections = 6000;
    private const int QuietRate = 20;
    private const double Flood = 5;
    private const double MostMegabytes = 600;
    private static readonly TimeSpan DatabaseLatency = TimeSpan.FromSeconds(2);

    public string Name => "overload";

    public string Requirement => "R11";

    public string Description => "Creates at five times the measured capacity beside a quiet queue, and with two seconds of latency before PostgreSQL: refusals carry Retry-After and come soon, memory stays bounded, and afterwards all is as before.";

    public TimeSpan Whole => TimeSpan.FromMinutes(2);

    public TimeSpan Bounded => TimeSpan.FromSeconds(24);

    public async Task RunAsync(ChaosRun run)
    {
        TcpProxy? proxy = null;
        await using var scene = await Scene.StartAsync(run, processes: 1, environment: stack =>
        {
            proxy = new TcpProxy(() => stack.Postgres!.Port, run.SeedOf("proxy"));
            return ThroughProxy(stack, proxy);
        });
        await using var _ = proxy!;
        var (loud, quiet) = (await scene.MakeQueueAsync("overload/loud", "hot-0"), await scene.MakeQueueAsync("overload/quiet", "hot-0"));
        var phase = run.Duration / 8;

        run.Progress.Stage("measuring the capacity");
        var peak = await LoadAsync(scene, loud, Connections, phase, null, warmUp: phase / 2);
        var alone = await LoadAsync(scene, quiet, 8, phase, QuietRate);
        run.Sheet.Info("capacity", peak.PerSecond, "requests/s");

        run.Progress.Stage($"{peak.PerSecond * Flood:0} requests a second");
        using var sampled = new CancellationTokenSource();
        var memory = SampleAsync(scene, sampled.Token);
        var flooding = LoadAsync(scene, loud, FloodConnections, phase, peak.PerSecond * Flood);
        var beside = await LoadAsync(scene, quiet, 8, phase, QuietRate);
        var flood = await flooding;
        var afterFlood = await RecoverAsync(scene, quiet);

        run.Progress.Stage("the same flood on a server that does nothing else than refuse");
        var floor = await RefusingServer.FloodAsync(scene.Fleet[0].Pid, new CreateLoad(scene.Fleet.Key, loud), new LoadPlan([], FloodConnections, phase / 2, phase, peak.PerSecond * Flood));

        run.Progress.Stage("two seconds of database latency");
        proxy!.Faults = new ProxyFaults(Delay: DatabaseLatency);
        var late = await LoadAsync(scene, loud, FloodConnections, phase, peak.PerSecond);
        proxy.Faults = ProxyFaults.None;
        var afterLatency = await RecoverAsync(scene, quiet);
        await sampled.CancelAsync();
        var megabytes = await memory;

        Judge(run, flood, late);
        run.Judge("the app goes on", !scene.Fleet[0].HasExited, "it has ended");
        run.Draw(new Series("memory of the app", "MB", megabytes));
        run.Sheet.Figure("memory", megabytes.Max(sample => sample.Value), "MB", Target.AtMost(MostMegabytes));
        run.Sheet.Info("flood_done", flood.PerSecond, "requests/s");
        run.Sheet.Info("flood_refused", flood.RefusedPerSecond, "requests/s");
        run.Sheet.Info("latency_refused", late.RefusedPerSecond, "requests/s");
        if (flood.RefusedLatency.Count > 0)
            run.Sheet.Figure("refusals_p99", flood.RefusedLatency.Milliseconds(0.99), "ms", Target.AtMost(50));
        // What part of it is the machine's, whose processors the generator shares.
        run.Sheet.Info("floor_refused", floor.RefusedPerSecond, "requests/s");
        run.Sheet.Info("floor_refusals_p99", floor.RefusedLatency.Milliseconds(0.99), "ms");
        run.Sheet.Info("quiet_p99_alone", alone.Latency.Milliseconds(0.99), "ms");
        run.Sheet.Info("quiet_p99_beside_flood", beside.Latency.Milliseconds(0.99), "ms");
        run.Sheet.Figure("quiet_p99_against_alone", beside.Latency.Milliseconds(0.99) / alone.Latency.Milliseconds(0.99), "x", Target.AtMost(3));
        run.Sheet.Figure("recovery_after_flood", afterFlood.TotalSeconds, "s", Target.AtMost(10));
        run.Sheet.Figure("recovery_after_latency", afterLatency.TotalSeconds, "s", Target.AtMost(10));
    }

    /// <summary>Every answer is a 200, or a 429 or 503 with Retry-After. Whether anything is refused at all depends on how fast the generator is.</summary>
    private static void Judge(ChaosRun run, LoadResult flood, LoadResult late)
    {
        foreach (var (name, result) in new[] { ("at five times the capacity", flood), ("with a slow database", late) })
        {
            run.Judge($"{name}: refusals are 429 or 503", [.. result.Refused.Where(refused => refused.Key is not (0 or 429 or 503)).Select(refused => $"{refused.Value} answers of {refused.Key}: {result.FirstRefusal}")]);
            run.Judge($"{name}: refusals say when to come again", result.RefusedWithoutRetryAfter == 0, $"{result.RefusedWithoutRetryAfter} do not");
            // A generator that is starved floods nothing: no fault of the app's.
            if (run.Options.Bounded)
                continue;
            run.Judge($"{name}: something was refused", result.RefusedCount > 0, "nothing was, so nothing was tested");
            run.Judge($"{name}: something was done", result.Done > 0, "nothing was");
        }
    }

    private static Dictionary<string, string> ThroughProxy(LocalStack stack, TcpProxy proxy) => stack.Shards.ToDictionary(
        shard => $"Shards__{shard.Key.Replace('-', '_')}", shard => new NpgsqlConnectionStringBuilder(shard.Value) { Host = "127.0.0.1", Port = proxy.Port, Timeout = 3 }.ConnectionString);

    private static Task<LoadResult> LoadAsync(Scene scene, string queue, int connections, TimeSpan duration, double? rate, TimeSpan warmUp = default) =>
        LoadRun.RunAsync(new LoadPlan([scene.Fleet[0].Address], connections, warmUp, duration, rate), new CreateLoad(scene.Fleet.Key, queue));

    /// <summary>Until ten requests in a row are done within a quarter of a second each.</summary>
    private static async Task<TimeSpan> RecoverAsync(Scene scene, string queue)
    {
        using var client = scene.ClientOf(0);
        var waited = Stopwatch.StartNew();
        for (var good = 0; good < 10;)
        {
            var asked = Stopwatch.GetTimestamp();
            var reply = await client.PostAsync("/tickets", $$"""{"queue": "{{queue}}"}""");
            good = reply.IsOk && Stopwatch.GetElapsedTime(asked) < TimeSpan.FromMilliseconds(250) ? good + 1 : 0;
            if (waited.Elapsed > TimeSpan.FromMinutes(3))
                throw new ChaosException($"The app did not recover within three minutes; the last answer: {reply}");
        }

        return waited.Elapsed;
    }

    private static async Task<List<(double Seconds, double Value)>> SampleAsync(Scene scene, CancellationToken stop)
    {
        var (began, samples) = (Stopwatch.StartNew(), new List<(double, double)>());
        while (!stop.IsCancellationRequested)
        {
            samples.Add((began.Elapsed.TotalSeconds, ProcessTimes.ResidentMegabytes(scene.Fleet[0].Pid)));
            await Task.Delay(200, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return samples;
    }
}
