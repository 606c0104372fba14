using Tickets.Bench.Report;
using Tickets.Chaos.Checkers;
using Tickets.Chaos.Faults;
using Tickets.Chaos.Load;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>A long time at 60 % of what is possible, with a fault every 30 seconds: nothing may grow.</summary>
internal sealed class SoakExperiment : IExperiment
{
    private const double Share = 0.6;
    // Noise of a crowded machine is some tenths; what leaks doubles within an hour.
    private const double MostGrowth = 1.5;
    private static readonly TimeSpan BetweenFaults = TimeSpan.FromSeconds(30);

    public string Name => "soak";

    public string Requirement => "soak";

    public string Description => "All parts running at 60 % of the measured capacity with a fault every 30 s; latencies, memory, connections and dead rows are sampled, drawn and asked to be flat.";

    public TimeSpan Whole => TimeSpan.FromMinutes(60);

    public TimeSpan Bounded => TimeSpan.FromMinutes(2);

    /// <summary>An hour is nothing for every change, and two minutes say nothing.</summary>
    public bool IsInTheSuite => true;

    public async Task RunAsync(ChaosRun run)
    {
        await using var scene = await Scene.StartAsync(run, processes: 2, withServiceBus: true);
        var queues = new[] { await scene.MakeQueueAsync("soak/a", "hot-0"), await scene.MakeQueueAsync("soak/b", "hot-1") };
        using var lives = new TicketLives(scene.Fleet, queues, run.SeedOf("lives"));
        var capacity = await Capacity.MeasureAsync(run, lives);
        var (load, vitals) = (new OpenLoad(_ => capacity * Share, lives.SendAsync), new Vitals(scene));
        IFault[] faults =
        [
            new KillApp(scene.Fleet), KillServer.Postgres(scene.Stack.Postgres!), KillServer.Storage(scene.Stack.Storage!), KillServer.Broker(scene.Stack.ServiceBus!),
            new FreezeApp(scene.Fleet, (1000, 5000)), new EndSessions(scene.Stack.Postgres!.ConnectionString("postgres")),
        ];
        var between = (int)BetweenFaults.TotalMilliseconds;
        var nemesis = new Nemesis(run.History, faults, (between, between + 1), run.SeedOf("nemesis"), eachAtLeastOnce: false);
        await run.BreakAsync(
            nemesis,
            stop => Task.WhenAll(load.RunAsync(stop), vitals.RunAsync(TimeSpan.FromSeconds(2), stop)),
            () => $"{nemesis.Count} faults, {load.Done} done, {load.Refused} refused, {load.Failed} failed");

        run.Judge("answers are answers, refusals or 503 problems with Retry-After", lives.Faults);
        run.Judge("the load was served", load.Done > 0 && load.Failed < load.Done / 20, $"{load.Done} done and {load.Failed} failed");
        Tell(run, load, vitals);
        await Footprint.TellAsync(run, scene);
        run.Sheet.Info("capacity", capacity, "requests/s");
        run.Sheet.Info("faults", nemesis.Count, "faults");
        run.Sheet.Info("done", load.Done, "requests");
        run.Sheet.Info("refused", load.Refused, "requests");
        run.Sheet.Info("failed", load.Failed, "requests");
        run.Sheet.Info("p50", load.Latency.Milliseconds(0.5), "ms");
        run.Sheet.Info("p99", load.Latency.Milliseconds(0.99), "ms");
    }

    internal static void Tell(ChaosRun run, OpenLoad load, Vitals vitals)
    {
        run.Draw(new Series("requests done", "requests/s", [.. load.Seconds.Select(second => (second.At, (double)second.Done))]));
        run.Draw(new Series("latency, median", "ms", [.. load.Seconds.Select(second => (second.At, second.P50))]));
        run.Draw(new Series("latency, 99th percentile", "ms", [.. load.Seconds.Select(second => (second.At, second.P99))]));
        foreach (var series in vitals.Series)
            run.Draw(series);
        foreach (var (figure, samples) in new[] { ("memory", vitals.Of("memory of the apps")), ("connections", vitals.Of("connections")), ("dead_rows", vitals.Of("dead rows")), ("median_latency", [.. load.Seconds.Select(second => second.P50)]) })
        {
            if (Flatness.Growth(samples) is { } growth)
                run.Sheet.Figure($"{figure}_late_against_early", growth, "x", Target.AtMost(MostGrowth));
        }
    }
}
