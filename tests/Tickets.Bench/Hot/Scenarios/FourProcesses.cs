using Tickets.Bench.Report;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>Creates through four app processes on one shard against one, with as many connections in all.</summary>
internal sealed class FourProcesses : HotScenario
{
    public override IReadOnlyList<string> Figures { get; } = ["create_4_processes_vs_1"];

    public override async Task RunAsync(HotScene scene)
    {
        var one = (await scene.RunAsync("create_1_process", scene.Creates())).OrThrow("create_1_process");
        scene.Sheet.Progress("Starting three more app processes");
        for (var i = 0; i < 3; i++)
            await scene.Stack.StartAppAsync();
        // The new ones have compiled nothing yet, and share the processors while they do.
        var plan = scene.Plan() with { WarmUp = scene.Times.FirstWarmUp * 3 };
        var (four, _) = await scene.WatchAsync("create_4_processes", plan, scene.Creates());
        foreach (var app in scene.Stack.Apps.Skip(1).ToList())
            await scene.Stack.StopAppAsync(app);

        scene.Sheet.Figure(Figures[0], four.OrThrow("create_4_processes").PerSecond / one.PerSecond, "x", Target.AtLeast(0.5));
    }
}
