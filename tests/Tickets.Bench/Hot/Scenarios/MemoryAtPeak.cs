using Tickets.Bench.Measure;
using Tickets.Bench.Report;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>The app's resident memory under full load.</summary>
internal sealed class MemoryAtPeak : HotScenario
{
    private const string Memory = "app_memory_mb";
    private const string Growth = "app_memory_growth";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public override IReadOnlyList<string> Figures { get; } = [Memory, Growth];

    public override async Task RunAsync(HotScene scene)
    {
        var app = scene.Stack.Apps[0];
        var running = scene.RunAsync("create_at_peak", scene.Plan() with { Duration = scene.Times.AtPeak }, scene.Creates());
        var samples = new List<double>();
        while (await Task.WhenAny(running, Task.Delay(Interval)) != running)
            samples.Add(ProcessTimes.ResidentMegabytes(app.Pid));
        (await running).OrThrow("create_at_peak");

        scene.Sheet.Figure(Memory, samples.Max(), "MB", Target.AtMost(300));
        // The first half fills pools and the collector's budget; growth after that would go on.
        var (middle, end) = (samples.Skip(samples.Count / 2).Take(samples.Count / 10 + 1).Average(), samples.TakeLast(samples.Count / 10 + 1).Average());
        if (scene.Times == HotTimes.Quick)
            scene.Sheet.Info(Growth, (end / middle - 1) * 100, "%");
        else
            scene.Sheet.Figure(Growth, (end / middle - 1) * 100, "%", Target.AtMost(5));
    }
}
