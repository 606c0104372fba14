using Tickets.Bench.Hot.Floor;
using Tickets.Bench.Load;
using Tickets.Bench.Measure;
using Tickets.Bench.Report;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>The product over HTTP against the bare statement. They take turns, so that what else the machine does hits both.</summary>
internal sealed class VersusFloor(string name, FloorScript script, double target, Func<HotScene, IRequests> requests) : HotScenario
{
    private readonly List<double> _floors = [];
    private readonly List<double> _floorCosts = [];
    private readonly List<double> _products = [];
    private readonly List<double> _productCosts = [];

    public override IReadOnlyList<string> Figures { get; } = [$"{name}_vs_floor"];

    public override bool NeedsFloor => true;

    public int Connections { get; init; } = HotScene.Connections;

    public override async Task RunAsync(HotScene scene)
    {
        for (var round = 0; round < scene.Times.Rounds; round++)
        {
            await RunFloorAsync(scene);
            var (result, use) = await scene.WatchAsync(name, scene.Plan(Connections), requests(scene));
            _products.Add(result.OrThrow(name).PerSecond * script.TicketsEach);
            _productCosts.Add(use.Total / (result.Done * script.TicketsEach));
        }

        // Where processors are the limit, as here, this is what the ratio would be on a machine that does nothing else.
        scene.Sheet.Info($"{name}_floor_cpu_vs_ours", Median.Of(_floorCosts) / Median.Of(_productCosts), "x");
        scene.Sheet.Figure(Figures[0], Median.Of(_products) / Median.Of(_floors), "x", Target.AtLeast(target));
    }

    /// <summary>The best of the client counts is the floor of this round.</summary>
    private async Task RunFloorAsync(HotScene scene)
    {
        var (best, cost) = (0.0, 0.0);
        foreach (var clients in scene.Times.FloorClients)
        {
            scene.Sheet.Progress($"floor of {name}: {clients} clients, {scene.Times.Floor.TotalSeconds:0} s");
            var processors = new ProcessorWatch([], scene.Stack.PostgresPid);
            var rate = await scene.Floor.RunAsync(script, clients, scene.Times.Floor);
            var use = processors.Read();
            scene.Sheet.Info($"{name}_floor_{clients}_clients", rate, "tickets/s");
            if (rate > best)
                (best, cost) = (rate, use.Total / (rate * scene.Times.Floor.TotalSeconds));
        }

        scene.Sheet.Info($"{name}_floor_cpu", cost * 1e6, "us/ticket");
        _floors.Add(best);
        _floorCosts.Add(cost);
    }
}
