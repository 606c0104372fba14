using Tickets.Bench.Load;
using Tickets.Bench.Report;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>Creates in a shard of ten million tickets against one of a million.</summary>
internal sealed class TenMillion : HotScenario
{
    private const long Tickets = 10_000_000;

    public override IReadOnlyList<string> Figures { get; } = ["create_10m_vs_1m"];

    public override bool OnlyInWhole => true;

    // A page of an index is written to the log whole when it is first changed after a checkpoint. Of ten million tickets that lasts for half a minute, of a million for
    // seconds; checkpoints are a quarter of an hour apart. The time right after one is told, and what comes then is compared.
    private static readonly TimeSpan PageImages = TimeSpan.FromSeconds(40);

    public override async Task RunAsync(HotScene scene)
    {
        var (smallAtFirst, small) = await RatesAsync(scene, "create_1m", scene.Creates());
        scene.Sheet.Progress($"Filling up to {Tickets:N0} tickets");
        await scene.FillUpToAsync(Tickets);
        var (largeAtFirst, large) = await RatesAsync(scene, "create_10m", scene.Creates([HotQueues.Main], Tickets / 5));
        scene.Sheet.Info($"{Figures[0]}_after_checkpoint", largeAtFirst / smallAtFirst, "x");
        scene.Sheet.Figure(Figures[0], large / small, "x", Target.AtLeast(0.9));
    }

    private static async Task<(double AtFirst, double Then)> RatesAsync(HotScene scene, string name, IRequests requests)
    {
        var atFirst = (await scene.RunAsync($"{name}_after_checkpoint", requests)).OrThrow(name).PerSecond;
        var then = (await scene.RunAsync(name, scene.Plan() with { WarmUp = PageImages, Duration = scene.Times.Measured * 2 }, requests)).OrThrow(name).PerSecond;
        return (atFirst, then);
    }
}
