using Tickets.Bench.Report;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>Creates in a shard of ten million tickets against one of a million.</summary>
internal sealed class TenMillion : HotScenario
{
    private const long Tickets = 10_000_000;

    public override IReadOnlyList<string> Figures { get; } = ["create_10m_vs_1m"];

    public override bool OnlyInWhole => true;

    public override async Task RunAsync(HotScene scene)
    {
        var small = (await scene.RunAsync("create_1m", scene.Creates())).OrThrow("create_1m");
        scene.Sheet.Progress($"Filling up to {Tickets:N0} tickets");
        await scene.FillUpToAsync(Tickets);
        var large = (await scene.RunAsync("create_10m", scene.Creates([HotQueues.Main], Tickets / 5))).OrThrow("create_10m");
        scene.Sheet.Figure(Figures[0], large.PerSecond / small.PerSecond, "x", Target.AtLeast(0.9));
    }
}
