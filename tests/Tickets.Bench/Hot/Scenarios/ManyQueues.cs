using Tickets.Bench.Report;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>The same load spread over 300 queues, each with tables of its own, against one queue.</summary>
internal sealed class ManyQueues : HotScenario
{
    private const string Create = "queues_300_vs_1_create";
    private const string Find = "queues_300_vs_1_find";

    public override IReadOnlyList<string> Figures { get; } = [Create, Find];

    public override bool NeedsMany => true;

    public override async Task RunAsync(HotScene scene)
    {
        // Few tickets share a value in the small queues too, so that both searches find about five.
        var keysOfMany = Math.Max(1, scene.Times.TicketsOfMany / 5);
        var oneCreate = (await scene.RunAsync("create_1_queue", scene.Creates())).OrThrow("create_1_queue");
        var manyCreate = (await scene.RunAsync("create_300_queues", scene.Creates(HotQueues.Many, keysOfMany))).OrThrow("create_300_queues");
        scene.Sheet.Figure(Create, manyCreate.PerSecond / oneCreate.PerSecond, "x", Target.AtLeast(0.8));

        var oneFind = (await scene.RunAsync("find_1_queue", scene.Finds())).OrThrow("find_1_queue");
        // Until every connection has met every queue: its statements are prepared then, as they are for the one queue.
        var warm = scene.Plan() with { WarmUp = scene.Times.FirstWarmUp * 2 };
        var manyFind = (await scene.RunAsync("find_300_queues", warm, scene.Finds(HotQueues.Many, keysOfMany))).OrThrow("find_300_queues");
        scene.Sheet.Figure(Find, manyFind.PerSecond / oneFind.PerSecond, "x", Target.AtLeast(0.8));
    }
}
