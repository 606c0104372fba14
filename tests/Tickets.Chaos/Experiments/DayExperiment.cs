using Tickets.Bench.Report;
using Tickets.Chaos.Load;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>A day at the design load in minutes: quiet nights, a morning, a noon, and bursts.</summary>
internal sealed class DayExperiment : IExperiment
{
    /// <summary>150 million tickets a year, and six requests a ticket's life.</summary>
    private const double DesignRequests = 150e6 / 365 / 86_400 * 6;
    private const double Burst = 3000;
    // Of the capacity: what is beyond would measure the generator.
    private const double MostShare = 0.85;
    private const int BurstsOfADay = 6;
    private static readonly TimeSpan BurstTime = TimeSpan.FromSeconds(5);

    public string Name => "day";

    public string Requirement => "day";

    public string Description => "A day of 150 million tickets a year, compressed: the daily curve at many times its rate, bursts to 3,000 requests a second or to what this machine can do, all parts running, the archiver beside it.";

    public TimeSpan Whole => TimeSpan.FromMinutes(10);

    public TimeSpan Bounded => TimeSpan.FromMinutes(1);

    public bool IsInTheSuite => true;

    public async Task RunAsync(ChaosRun run)
    {
        await using var scene = await Scene.StartAsync(run, processes: 2, withServiceBus: true);
        // What is closed goes to the cold tier at once, so that the archiver has a day's work too.
        var queues = new[] { await scene.MakeQueueAsync("day/a", "hot-0", "PT0S"), await scene.MakeQueueAsync("day/b", "hot-1", "PT0S") };
        using var lives = new TicketLives(scene.Fleet, queues, run.SeedOf("lives"));
        var capacity = await Capacity.MeasureAsync(run, lives);
        var peak = Math.Min(Burst, capacity * MostShare);
        // As fast as leaves room for bursts: then a minute here is many of the design's.
        var mean = peak / 3;
        var bursts = Bursts(run);
        var (load, vitals) = (new OpenLoad(at => Rate(at, run.Duration, mean, peak, bursts), lives.SendAsync), new Vitals(scene));

        run.Progress.Stage($"a day in {run.Duration.TotalMinutes:0.#} minutes: {mean:0} requests/s on average, bursts of {peak:0}, seed {run.Options.Seed}");
        using var over = new CancellationTokenSource(run.Duration);
        await Task.WhenAll(
            load.RunAsync(over.Token), vitals.RunAsync(TimeSpan.FromSeconds(1), over.Token), ArchiveAsync(scene, over.Token),
            run.Progress.WhileAsync(() => $"{load.Done} done, {load.Refused} refused, {load.Failed} failed, {lives.Closed} closed", over.Token));

        run.Judge("answers are answers, refusals or 503 problems with Retry-After", lives.Faults);
        run.Judge("nothing failed", load.Failed == 0, $"{load.Failed} requests were cut off or answered wrongly");
        run.Judge("Service Bus catches up", await CatchesUpAsync(scene), "ops were not published within three minutes");
        SoakExperiment.Tell(run, load, vitals);
        run.Sheet.Info("capacity", capacity, "requests/s");
        run.Sheet.Info("mean", mean, "requests/s");
        run.Sheet.Info("burst", peak, "requests/s");
        run.Sheet.Info("mean_against_design", mean / DesignRequests, "x");
        run.Sheet.Info("burst_against_design_burst", peak / Burst, "x");
        run.Sheet.Info("made", lives.Made, "tickets");
        run.Sheet.Info("closed", lives.Closed, "tickets");
        run.Sheet.Info("refused", load.Refused, "requests");
        run.Sheet.Info("p50", load.Latency.Milliseconds(0.5), "ms");
        run.Sheet.Info("p99", load.Latency.Milliseconds(0.99), "ms");
    }

    /// <summary>From a fifth of the mean at night to nearly twice at noon.</summary>
    private static double Rate(TimeSpan at, TimeSpan day, double mean, double peak, IReadOnlyList<TimeSpan> bursts) =>
        bursts.Any(burst => at >= burst && at < burst + BurstTime) ? peak : mean * (1 - (0.8 * Math.Cos(2 * Math.PI * (at / day))));

    private static List<TimeSpan> Bursts(ChaosRun run)
    {
        var random = new Random(run.SeedOf("bursts"));
        return [.. Enumerable.Range(0, BurstsOfADay).Select(n => run.Duration * ((n + random.NextDouble()) / BurstsOfADay))];
    }

    private static async Task ArchiveAsync(Scene scene, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await scene.Client.SendAsync("POST", "/archive/runs", null);
            await Task.Delay(TimeSpan.FromSeconds(5), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<bool> CatchesUpAsync(Scene scene)
    {
        var vitals = new Vitals(scene);
        using var waiting = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (!waiting.IsCancellationRequested)
        {
            await vitals.SampleAsync(0);
            if (vitals.Of("ops not yet published")[^1] == 0)
                return true;
            await Task.Delay(500, CancellationToken.None);
        }

        return false;
    }
}
