using Tickets.Bench.Report;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>A queue with little to do beside one that is flooded with five times what the app can write.</summary>
internal sealed class QuietQueue : HotScenario
{
    private const int QuietRate = 100;
    private const int QuietConnections = 32;
    private const int FloodConnections = 512;
    private const double FloodFactor = 5;

    public override IReadOnlyList<string> Figures { get; } = ["quiet_queue_p99_ratio"];

    public override async Task RunAsync(HotScene scene)
    {
        var peak = await scene.PeakAsync();
        var alone = (await scene.RunAsync("quiet_alone", scene.Creates([HotQueues.Quiet]), QuietConnections, QuietRate)).OrThrow("quiet_alone");
        // Two generators at once: each has a thread of its own, so the flood does not delay the quiet queue's requests in here.
        var flood = scene.RunAsync("flood", scene.Creates([HotQueues.Loud]), FloodConnections, peak * FloodFactor);
        var beside = (await scene.RunAsync("quiet_beside_flood", scene.Creates([HotQueues.Quiet]), QuietConnections, QuietRate)).OrThrow("quiet_beside_flood");
        await flood;
        scene.Sheet.Figure(Figures[0], beside.Latency.Milliseconds(0.99) / alone.Latency.Milliseconds(0.99), "x", Target.AtMost(3));
    }
}
