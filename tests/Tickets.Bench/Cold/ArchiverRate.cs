using Tickets.Bench.Report;

namespace Tickets.Bench.Cold;

/// <summary>How fast the app's archiver moves a backlog, with everything that belongs to it: read, write, read back, remove, settle.</summary>
internal sealed class ArchiverRate : ColdScenario
{
    public override IReadOnlyList<string> Figures => ["archiver_per_s"];

    public override async Task RunAsync(ColdScene scene)
    {
        await scene.FillAsync(scene.Tickets);
        scene.Sheet.Progress("Archiving them");
        var (tickets, elapsed) = await scene.ArchiveAsync();
        scene.Sheet.Figure("archiver_per_s", tickets / elapsed.TotalSeconds, "tickets/s", Target.AtLeast(10_000));
    }
}
