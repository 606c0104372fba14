using Tickets.Bench.Report;
using Tickets.Chaos.Checkers;
using Tickets.Chaos.Faults;
using Tickets.Chaos.Histories;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>R6: PostgreSQL killed again and again under writers; the app is never started anew.</summary>
internal sealed class PostgresExperiment : IExperiment
{
    private const double WantedSeconds = 5;

    public string Name => "postgres";

    public string Requirement => "R6";

    public string Description => "PostgreSQL killed every 5 to 10 seconds and down for up to two, under conditional updates through two processes that are never restarted.";

    public TimeSpan Whole => TimeSpan.FromMinutes(3);

    public TimeSpan Bounded => TimeSpan.FromSeconds(20);

    public async Task RunAsync(ChaosRun run)
    {
        await using var scene = await Scene.StartAsync(run, processes: 2);
        var work = new RegisterWorkload(run, scene);
        await work.PrepareAsync();
        var pids = Enumerable.Range(0, scene.Fleet.Count).Select(place => scene.Fleet[place].Pid).ToList();
        var nemesis = new Nemesis(run.History, [KillServer.Postgres(scene.Stack.Postgres!)], run.Options.Bounded ? (3000, 5000) : (5000, 10_000), run.SeedOf("nemesis"));
        await run.BreakAsync(nemesis, work.RunAsync, () => $"{nemesis.Count} kills, {work.State}", () => work.Done);
        await work.JudgeAsync();

        run.Judge("no process was restarted", pids.SequenceEqual(Enumerable.Range(0, scene.Fleet.Count).Select(place => scene.Fleet[place].Pid)) && !Enumerable.Range(0, scene.Fleet.Count).Any(place => scene.Fleet[place].HasExited), "a process has ended");
        var operations = run.History.Operations();
        var firsts = Recovery.FirstWrites(operations.Where(each => each.Process != HistoryEvent.Nemesis), operations.Where(each => each.Process == HistoryEvent.Nemesis));
        run.Judge("writes go on after every kill", [.. firsts.Index().Where(first => first.Item is null).Select(first => $"nothing was written after kill {first.Index + 1}")]);
        run.Sheet.Info("kills", nemesis.Count, "kills");
        var seconds = firsts.OfType<TimeSpan>().Select(first => first.TotalSeconds).ToList();
        run.Sheet.Info("first_write_after_postgres_median", Median.Of(seconds), "s");
        run.Sheet.Figure("first_write_after_postgres", seconds.Max(), "s", Target.AtMost(WantedSeconds));
    }
}
