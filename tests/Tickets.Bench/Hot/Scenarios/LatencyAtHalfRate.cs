using Tickets.Bench.Report;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>How long creates take when half of what is possible is asked for.</summary>
internal sealed class LatencyAtHalfRate : HotScenario
{
    /// <summary>Enough that a short stall does not use them up.</summary>
    private const int Connections = 256;

    public override IReadOnlyList<string> Figures { get; } = ["create_p99_ms_half_rate"];

    public override async Task RunAsync(HotScene scene)
    {
        var rate = await scene.PeakAsync() / 2;
        var result = (await scene.RunAsync("create_half_rate", scene.Creates(), Connections, rate)).OrThrow("create_half_rate");
        scene.Sheet.Figure(Figures[0], result.Latency.Milliseconds(0.99), "ms", Target.AtMost(25));
    }
}
