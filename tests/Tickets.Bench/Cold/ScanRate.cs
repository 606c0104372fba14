using System.Diagnostics;
using Tickets.Bench.Report;
using Tickets.Core.Archive.Scan;

namespace Tickets.Bench.Cold;

/// <summary>How fast one core scans, with a filter on an indexed field that one ticket in a hundred matches.</summary>
internal sealed class ScanRate : ColdScenario
{
    public override IReadOnlyList<string> Figures => ["scan_per_s_and_core"];

    public override async Task RunAsync(ColdScene scene)
    {
        await scene.ArchivedAsync();
        var filter = new ScanFilter([new ScanTest("n2", true, 42)]);
        var units = await scene.Scan.PlanAsync(ColdScene.Queue, new DateOnly(2019, 1, 1), new DateOnly(2030, 1, 1), 32 << 20, default);
        await RunAsync();
        scene.Sheet.Progress("Scanning");
        var (start, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var tally = ScanTally.Nothing;
        for (var round = 0; round < 3; round++)
            tally += await RunAsync();
        var (elapsed, used) = (Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - cpu);
        if (tally.Matched == 0 || Math.Abs((tally.Matched * 100.0 / tally.Tickets) - 1) > 0.2)
            throw new BenchException($"The scan matched {tally.Matched} of {tally.Tickets}: not one in a hundred.");
        scene.Sheet.Info("scan_per_s", tally.Tickets / elapsed.TotalSeconds, "tickets/s");
        scene.Sheet.Info("scan_cpu", used.TotalMicroseconds / tally.Tickets, "us/ticket");
        scene.Sheet.Figure("scan_per_s_and_core", tally.Tickets / Math.Max(elapsed.TotalSeconds, used.TotalSeconds), "tickets/s", Target.AtLeast(100_000));

        async Task<ScanTally> RunAsync()
        {
            var all = ScanTally.Nothing;
            foreach (var range in units.SelectMany(unit => unit))
                all += await scene.Scan.ReadAsync(ColdScene.Queue, range, filter, (_, _) => ValueTask.CompletedTask, default);
            return all;
        }
    }
}
