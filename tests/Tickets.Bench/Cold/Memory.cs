using Azure.Storage.Blobs.Models;
using Tickets.Bench.Report;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;

namespace Tickets.Bench.Cold;

/// <summary>What a process keeps in memory of the cold tier, and what a refresh reads.</summary>
internal sealed class Memory : ColdScenario
{
    private const int Queues = 100;
    private const int Days = 3_650;
    private const long TicketsOfAYear = 150_000_000;

    // What a cache keeps beside an index: see BlockIndexCache.
    private const int CacheEntry = 120;

    public override IReadOnlyList<string> Figures => ["block_indexes_of_a_year", "index_of_10_years_100_queues", "rows_read_by_a_refresh"];

    public override async Task RunAsync(ColdScene scene)
    {
        await scene.ArchivedAsync();
        var rows = await scene.Shards.ReadChangesAsync(ColdScene.Queue, 0, default);
        var (bytes, tickets) = (0L, 0L);
        foreach (var (day, part) in rows.SelectMany(row => row.Parts.Select(part => (row.Day, part))))
        {
            var blob = scene.Blobs.GetBlobClient(PartName.Of(ColdScene.Queue, day, part.Part));
            var tail = (await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new Azure.HttpRange(part.IndexOffset, part.IndexLength) })).Value.Content.ToArray();
            bytes += PartTail.ReadIndex(tail).MemoryBytes;
            tickets += part.Tickets;
        }

        // A part a day and queue: 365 × 100, each with its entry in the cache.
        var year = ((double)bytes / tickets * TicketsOfAYear) + (365.0 * Queues * CacheEntry);
        scene.Sheet.Figure("block_indexes_of_a_year", year / 1e6, "MB", Target.AtMost(40));

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var kept = Enumerable.Range(0, Queues).Select(_ => QueueParts.None.With(1, [.. Enumerable.Range(0, Days).Select(Day)])).ToList();
        var used = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(kept);
        scene.Sheet.Figure("index_of_10_years_100_queues", used / 1e6, "MB", Target.AtMost(64));

        var read = 0;
        await scene.Shards.CommitAsync("bench/years", [.. Enumerable.Range(0, Days).Select(n => Day(n).Day)], day => Day(day.Day.DayNumber - Day(0).Day.DayNumber) with { ETag = day.ETag }, default);
        var revision = await scene.Shards.ReadRevisionAsync("bench/years", default);
        await scene.Shards.CommitAsync("bench/years", [Day(17).Day], day => day.With(day.Parts[0].Part, part => part with { Tier = "Cool" }), default);
        read = (await scene.Shards.ReadChangesAsync("bench/years", revision, default)).Count;
        scene.Sheet.Figure("rows_read_by_a_refresh", read, "rows", Target.AtMost(1));
    }

    private static ColdDay Day(int n) => ColdDay.Empty(new DateOnly(2015, 1, 1).AddDays(n))
        .With(new DayPart(PartName.Format((ulong)n), n * 100_000L, (n * 100_000L) + 99_999, 4_100, 1_200_000, 5_600_000, new string('0', 64), 1_199_000, 600, null) { At = n * 86_400L });
}
