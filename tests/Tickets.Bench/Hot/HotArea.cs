using Tickets.Bench.Hot.Floor;
using Tickets.Bench.Hot.Scenarios;

namespace Tickets.Bench.Hot;

/// <summary>The hot tier: creates, updates and searches over HTTP against the same work in bare SQL.</summary>
internal sealed class HotArea : IBenchArea
{
    public string Name => "hot";

    public string Title => "The hot tier over HTTP against bare SQL on the same PostgreSQL";

    public string Description => "Creates, updates and searches over HTTP against the same work in bare SQL on the same PostgreSQL.";

    private static readonly IReadOnlyList<HotScenario> Scenarios =
    [
        new VersusFloor("create", FloorScript.Create, 2.0, scene => scene.Creates()),
        new VersusFloor("update", FloorScript.Update, 2.0, scene => scene.Updates()),
        new VersusFloor("find", FloorScript.Find, 0.3, scene => scene.Finds()),
        new Bulk(),
        new LatencyAtHalfRate(),
        new QuietQueue(),
        new FourProcesses(),
        new ManyQueues(),
        new NonceRate(),
        // These two write so much that nothing should be measured after them.
        new TenMillion(),
        new MemoryAtPeak(),
    ];

    public IReadOnlyList<string> Figures { get; } = [.. Scenarios.SelectMany(scenario => scenario.Figures)];

    public async Task RunAsync(BenchRequest request)
    {
        var scenarios = Scenarios.Where(scenario => request.Wants(scenario.Figures) && !(request.Quick && scenario.OnlyInWhole)).ToList();
        if (scenarios.Count == 0)
            throw new BenchException("Only the whole bench measures that: leave --quick out.");
        await using var scene = await HotScene.MakeAsync(
            request.Quick ? HotTimes.Quick : HotTimes.Whole,
            withFloor: scenarios.Exists(scenario => scenario.NeedsFloor),
            withMany: scenarios.Exists(scenario => scenario.NeedsMany),
            request.App,
            request.Sheet);
        foreach (var scenario in scenarios)
            await scenario.RunAsync(scene);
    }
}
