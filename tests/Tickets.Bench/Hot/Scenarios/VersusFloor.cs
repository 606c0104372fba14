using Tickets.Bench.Hot.Floor;
using Tickets.Bench.Load;
using Tickets.Bench.Report;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>The product over HTTP against the bare statement. They take turns, so that what else the machine does hits both.</summary>
internal sealed class VersusFloor(string name, FloorScript script, double target, Func<HotScene, IRequests> requests) : HotScenario
{
    public override IReadOnlyList<string> Figures { get; } = [$"{name}_vs_floor"];

    public override bool NeedsFloor => true;

    public override async Task RunAsync(HotScene scene)
    {
        var (floors, products) = (new List<double>(), new List<double>());
        for (var round = 0; round < scene.Times.Rounds; round++)
        {
            var best = 0.0;
            foreach (var clients in scene.Times.FloorClients)
            {
                scene.Sheet.Progress($"floor of {name}: {clients} clients, {scene.Times.Floor.TotalSeconds:0} s");
                var rate = await scene.Floor.RunAsync(script, clients, scene.Times.Floor);
                scene.Sheet.Info($"{name}_floor_{clients}_clients", rate, "tickets/s");
                best = Math.Max(best, rate);
            }

            floors.Add(best);
            var result = await scene.RunAsync(name, requests(scene));
            products.Add(result.OrThrow(name).PerSecond * script.TicketsEach);
        }

        if (name == "create")
            scene.KnowPeak(Median.Of(products));
        scene.Sheet.Figure(Figures[0], Median.Of(products) / Median.Of(floors), "x", Target.AtLeast(target));
    }
}
