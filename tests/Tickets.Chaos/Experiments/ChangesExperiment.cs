using System.Text.Json;
using Npgsql;
using Tickets.Bench.Report;
using Tickets.Chaos.Checkers;
using Tickets.Chaos.Faults;
using Tickets.Chaos.Histories;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>R2: the change log as its readers are given it. What Service Bus and an index that follows it are given is <c>changes-relayed</c>.</summary>
internal sealed class ChangesExperiment : IExperiment
{
    private const int Readers = 4;
    private const double WantedSeconds = 1;

    public string Name => "changes";

    public string Requirement => "R2";

    public string Description => "Writers at full rate, transactions held open between their numbers and their commit, rollbacks, four readers that go from process to process, the app and PostgreSQL killed: nothing lost, skipped, reordered or repeated.";

    public TimeSpan Whole => TimeSpan.FromMinutes(3);

    public TimeSpan Bounded => TimeSpan.FromSeconds(20);

    public async Task RunAsync(ChaosRun run)
    {
        await using var scene = await Scene.StartAsync(run, processes: 2);
        var queues = new List<string>();
        for (var n = 0; n < 6; n++)
            queues.Add(await scene.MakeQueueAsync($"changes/{n}", $"hot-{n % 2}"));
        var (writers, readers) = (new ChangesWriters(run, scene, queues), new ChangesReaders(run, scene, Readers));
        using var read = new CancellationTokenSource();
        var reading = readers.RunAsync(read.Token);
        var nemesis = new Nemesis(run.History, [new KillApp(scene.Fleet), KillServer.Postgres(scene.Stack.Postgres!), new EndSessions(scene.Stack.Postgres!.ConnectionString("postgres"))], (2000, 6000), run.SeedOf("nemesis"));
        await run.BreakAsync(nemesis, writers.RunAsync, () => $"{nemesis.Count} faults, {writers.Ops} ops acknowledged", () => writers.Ops);

        var kept = await KeptAsync(scene);
        var heads = kept.GroupBy(op => op.Shard).ToDictionary(shard => shard.Key, shard => shard.Max(op => op.Opid));
        for (var waited = 0; !readers.HaveReached(heads) && waited < 600; waited++)
            await Task.Delay(100);
        await read.CancelAsync();
        await reading;

        run.Judge("no op lost, skipped, reordered or repeated, none that was rolled back", ChangeLog.Check(kept, readers.Read, writers.Acknowledged, writers.Undone));
        // On a starved machine there may be none in so short a time.
        if (!run.Options.Bounded)
            run.Judge("there were late commits and rollbacks", writers.LateCommits.Count > 0 && writers.Undone.Count + writers.LateCommits.Count > 1, "no transaction was held open");
        run.Sheet.Info("late_commits", writers.LateCommits.Count, "transactions");
        run.Sheet.Info("ops", kept.Count, "ops");
        run.Sheet.Info("acknowledged", writers.Ops, "ops");
        run.Sheet.Info("rolled_back", writers.Undone.Count, "transactions");
        run.Sheet.Info("faults", nemesis.Count, "faults");
        TellLateness(run, writers, readers);
    }

    /// <summary>Only where nothing was broken in the second after the commit: readers whose process is killed cannot be told.</summary>
    private static void TellLateness(ChaosRun run, ChangesWriters writers, ChangesReaders readers)
    {
        var faults = run.History.Operations().Where(each => each.Process == HistoryEvent.Nemesis).ToList();
        var seconds = writers.LateCommits
            .Where(commit => readers.FirstSeen.ContainsKey(commit.Key) && !faults.Exists(fault => fault.Begun < commit.Value + 1_000_000 && fault.Answered > commit.Value - 3_000_000))
            .Select(commit => Math.Max(0, readers.FirstSeen[commit.Key] - commit.Value) / 1e6)
            .ToList();
        run.Sheet.Info("late_commits_undisturbed", seconds.Count, "commits");
        if (seconds.Count > 0)
            run.Sheet.Figure("late_commit_visible", seconds.Max(), "s", Target.AtMost(WantedSeconds));
    }

    /// <summary>From the databases themselves, once nobody writes any more.</summary>
    private static async Task<List<LoggedOp>> KeptAsync(Scene scene)
    {
        var kept = new List<LoggedOp>();
        foreach (var (shard, database) in scene.Stack.Shards)
        {
            await using var connection = new NpgsqlConnection(database);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("select opid, diff::text from oplog order by opid", connection);
            await using var rows = await command.ExecuteReaderAsync();
            while (await rows.ReadAsync())
                kept.Add(new LoggedOp(shard, rows.GetInt64(0), ChangesReaders.Mark(JsonElement.Parse(rows.GetString(1)), $"{shard}/{rows.GetInt64(0)}")));
        }

        return kept;
    }
}
