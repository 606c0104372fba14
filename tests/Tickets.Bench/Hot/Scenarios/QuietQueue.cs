using Tickets.Bench.Load;
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
        var alone = (await LoadRun.RunAsync(scene.Plan(QuietConnections, QuietRate), scene.Creates([HotQueues.Quiet]))).OrThrow("quiet_alone");

        scene.Sheet.Progress($"quiet queue beside {peak * FloodFactor:0}/s on {FloodConnections} connections");
        // Two loads at once: each has a thread of its own, so the flood does not delay the quiet queue's requests in here.
        var flooding = LoadRun.RunAsync(scene.Plan(FloodConnections, peak * FloodFactor), scene.Creates([HotQueues.Loud]));
        var beside = (await LoadRun.RunAsync(scene.Plan(QuietConnections, QuietRate), scene.Creates([HotQueues.Quiet]))).OrThrow("quiet_beside_flood");
        var flood = await flooding;

        scene.Sheet.Info("quiet_alone_p99", alone.Latency.Milliseconds(0.99), "ms");
        scene.Sheet.Info("quiet_beside_flood_p99", beside.Latency.Milliseconds(0.99), "ms");
        scene.Sheet.Info("flood_per_s", flood.PerSecond, "requests/s");
        scene.Sheet.Info("flood_refused", flood.RefusedPerSecond, "requests/s");
        scene.Sheet.Figure(Figures[0], beside.Latency.Milliseconds(0.99) / alone.Latency.Milliseconds(0.99), "x", Target.AtMost(3));
    }
}
