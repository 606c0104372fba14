using Tickets.Bench.Hot.Requests;
using Tickets.Bench.Report;
using Tickets.Bench.Stack;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>How fast nonces are given out, and how little the settings database hears of it.</summary>
internal sealed class NonceRate : HotScenario
{
    private const string Rate = "nonces_per_s";
    private const string Calls = "nonces_db_calls_per_1000";
    private const int Connections = 8;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(4);

    public override IReadOnlyList<string> Figures { get; } = [Rate, Calls];

    public override async Task RunAsync(HotScene scene)
    {
        // What the app asks without any load, to take off.
        var before = await TransactionsAsync(scene);
        await Task.Delay(Idle);
        var idle = (await TransactionsAsync(scene) - before) / Idle.TotalSeconds;

        var plan = scene.Plan(Connections);
        before = await TransactionsAsync(scene);
        var result = (await scene.RunAsync("nonces", plan, new NonceRequests(scene.Stack.Key))).OrThrow("nonces");
        var calls = await TransactionsAsync(scene) - before - (idle * (plan.WarmUp + plan.Duration).TotalSeconds);
        var nonces = result.PerSecond * NonceRequests.Each;

        scene.Sheet.Figure(Rate, nonces, "nonces/s", Target.AtLeast(20_000));
        // A call for a block of numbers now and then, ahead of need; a call for each list would be ten.
        scene.Sheet.Figure(Calls, Math.Max(0, calls) / (nonces * (plan.WarmUp + plan.Duration).TotalSeconds) * 1000, "calls", Target.AtMost(1));
    }

    /// <summary>Where numbers come from. The shard's transactions would be mostly those of its autovacuum.</summary>
    private static async Task<long> TransactionsAsync(HotScene scene) =>
        (await Sql.ReadAsync<long>(scene.Stack.SettingsDatabase, "select xact_commit from pg_stat_database where datname = current_database()")).Single();
}
