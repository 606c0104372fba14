using Azure.Storage.Blobs.Specialized;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Index;

namespace Tickets.Tests.Archive;

[Collection(nameof(ArchiveStack))]
public class ColdUpkeepTests(ArchiveStack stack)
{
    private static readonly DateOnly Day = ColdScenes.Day;
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_index_is_made_again_from_the_parts_alone()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        for (var day = 0; day < 3; day++)
        {
            await scene.PutPartAsync(Day.AddDays(day), [day * 10, (day * 10) + 1, (day * 10) + 5], "old", at: 100);
            await scene.PutPartAsync(Day.AddDays(day), [(day * 10) + 1, (day * 10) + 2], "new", at: 200);
        }

        await scene.Process().Compaction.CompactDayAsync(scene.Queue.Name, Day, CompactionRule.All, Cancel);
        var warm = scene.Process();
        Assert.Equal("new", await scene.TextAsync(1, warm));
        await scene.Table.DeleteAsync(Cancel);
        await scene.Process().Shards.EnsureCreatedAsync(Cancel);
        Assert.Null(await scene.TextAsync(1));

        var process = scene.Process();
        var report = RebuildReport.Nothing;
        foreach (var day in await process.Rebuild.DaysAsync(scene.Queue.Name, Cancel))
            report += await process.Rebuild.RebuildDayAsync(scene.Queue.Name, day, Cancel);
        Assert.Equal((3, 5, 0), (report.Days, report.Parts, report.Damaged.Count));
        foreach (var reader in new[] { warm, scene.Process() })
        {
            await reader.Tools.Index.RefreshAsync(scene.Queue.Name, Cancel);
            for (var day = 0; day < 3; day++)
            {
                Assert.Equal("old", await scene.TextAsync((day * 10) + 5, reader));
                Assert.Equal("new", await scene.TextAsync((day * 10) + 1, reader));
                Assert.Equal("new", await scene.TextAsync((day * 10) + 2, reader));
            }
        }

        // Once more finds nothing to do.
        Assert.Equal(0, (await process.Rebuild.RebuildDayAsync(scene.Queue.Name, Day, Cancel)).Days);
    }

    [Fact]
    public async Task A_check_of_a_day_names_its_damaged_and_missing_parts()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var parts = new List<string>();
        foreach (var id in new long[] { 1, 2, 3 })
            parts.Add(PartName.Of(scene.Queue.Name, Day, (await scene.PutPartAsync(Day, [id], "x")).Part));
        var damaged = scene.Blobs.GetBlockBlobClient(parts[0]);
        var bytes = (await damaged.DownloadContentAsync(Cancel)).Value.Content.ToArray();
        bytes[25] ^= 4;
        await damaged.UploadAsync(new MemoryStream(bytes), cancellationToken: Cancel);
        await scene.Blobs.GetBlobClient(parts[2]).DeleteAsync(cancellationToken: Cancel);

        var report = await scene.Process().Rebuild.RebuildDayAsync(scene.Queue.Name, Day, Cancel);
        Assert.Equal([parts[0], parts[2]], report.Damaged.Select(text => parts.First(part => text.Contains(part, StringComparison.Ordinal))));
        Assert.Equal(3, (await scene.RowAsync()).Parts.Count);
    }

    [Fact]
    public async Task Parts_go_to_cheaper_tiers_with_age_and_are_still_found()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        scene.Options = scene.Options with { Tiers = [("Cool", TimeSpan.FromDays(30)), ("Archive", TimeSpan.FromDays(365))] };
        await scene.PutPartAsync(Day, [1], "young", now - 1_000);
        await scene.PutPartAsync(Day.AddDays(1), [2], "older", now - (40 * 86_400));
        await scene.PutPartAsync(Day.AddDays(2), [3], "old", now - (400 * 86_400));
        Assert.Equal(2, await scene.Process().Aging.SetTiersAsync(scene.Queue.Name, Cancel));
        Assert.Equal(0, await scene.Process().Aging.SetTiersAsync(scene.Queue.Name, Cancel));
        Assert.Equal([null, "Cool", "Archive"], (await scene.Process().RowsAsync()).Select(day => day.Parts[0].Tier));
        Assert.Equal("young", await scene.TextAsync(1));
        Assert.Equal("older", await scene.TextAsync(2));
        var offline = await Assert.ThrowsAsync<Tickets.Core.Archive.Format.OfflinePartException>(() => scene.TextAsync(3));
        Assert.Contains("2025-03-16", offline.Part);
    }

    [Fact]
    public async Task Parts_past_their_retention_are_deleted_and_younger_ones_stay()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        scene.Options = scene.Options with { RetiredGrace = TimeSpan.Zero };
        await scene.PutPartAsync(Day, [1, 2], "old", at: 1_000);
        await scene.PutPartAsync(Day, [3], "young", at: 2_000_000);
        Assert.Equal(2, await scene.Process().Aging.DeleteOlderAsync(scene.Queue.Name, DateTimeOffset.FromUnixTimeSeconds(1_000_000), Cancel));
        Assert.Equal(1, await scene.Process().Sweep.DeleteRetiredAsync(scene.Queue.Name, Cancel));
        Assert.Null(await scene.TextAsync(1));
        Assert.Equal("young", await scene.TextAsync(3));
        Assert.Equal(1, await scene.CountBlobsAsync());
    }
}
