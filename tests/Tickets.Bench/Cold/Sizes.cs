using Tickets.Bench.Report;
using Tickets.Core.Archive.Index;

namespace Tickets.Bench.Cold;

/// <summary>Stored bytes for a ticket against its own JSON, with blocks, indexes, tails and rows.</summary>
internal sealed class Sizes : ColdScenario
{
    public override IReadOnlyList<string> Figures => ["stored_share_of_json"];

    public override async Task RunAsync(ColdScene scene)
    {
        await scene.ArchivedAsync();
        var days = await scene.Shards.ReadChangesAsync(ColdScene.Queue, 0, default);
        var rows = days.Sum(day => TablePeer.BytesOf(day.ToEntity(ColdScene.Queue, 1)));
        var parts = days.SelectMany(day => day.Parts).ToList();
        var stored = rows + parts.Sum(part => part.Bytes);
        var tickets = parts.Sum(part => part.Tickets);
        scene.Sheet.Info("json_per_ticket", (double)parts.Sum(part => part.RawBytes) / tickets, "bytes");
        scene.Sheet.Info("stored_per_ticket", (double)stored / tickets, "bytes");
        scene.Sheet.Figure("stored_share_of_json", (double)stored / parts.Sum(part => part.RawBytes), "share", Target.AtMost(0.2));
    }
}
