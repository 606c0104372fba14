using System.Diagnostics;
using System.Text.Json;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Scan;

namespace Tickets.Tests.Archive;

/// <summary>Years of tickets by a compressed clock: they are closed day by day, archived week by week, compacted, swept; and then everything is looked for.</summary>
[Collection(nameof(ArchiveStack))]
public class YearsTests(ArchiveStack stack)
{
    private const int Queues = 10;
    private const int Years = 5;
    private static readonly DateTimeOffset Start = new(2019, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>One day in four months, a few tickets each: what fits into the suite.</summary>
    [Fact]
    public Task Five_years_of_ten_queues_are_archived_compacted_found_scanned_and_partly_erased() => RunAsync(stepDays: 120, ticketsPerDay: 14, lookups: 500);

    /// <summary>Every fifth day of five years, two million tickets in all. By hand: <c>Tickets.Tests -explicit only -method "*Two_million*"</c>.</summary>
    [Fact(Explicit = true)]
    public Task Two_million_tickets_of_five_years_are_archived_compacted_found_scanned_and_partly_erased() => RunAsync(stepDays: 5, ticketsPerDay: 560, lookups: 10_000);

    private async Task RunAsync(int stepDays, int ticketsPerDay, int lookups)
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var clock = new SimulatedTime(Start);
        scene.Time = clock;
        var queues = new List<ColdQueue>();
        for (var i = 0; i < Queues; i++)
            queues.Add(await scene.AddQueueAsync(100 + i));
        var process = scene.Process();
        var (next, archived, watch) = (1_000_000L, 0L, Stopwatch.StartNew());
        var days = (Years * 365) / stepDays;
        var perArchive = Math.Max(1, 30 / stepDays);
        for (var day = 0; day < days; day++)
        {
            clock.Now = Start.AddDays(day * stepDays);
            foreach (var queue in queues)
            {
                await AddDayAsync(scene, queue, clock.Now, next, ticketsPerDay);
                next += ticketsPerDay;
            }

            if ((day + 1) % perArchive == 0)
                archived += await KeepAsync(process, queues, clock);
        }

        clock.Now = Start.AddYears(Years + 1);
        archived += await KeepAsync(process, queues, clock);
        var total = (long)days * Queues * ticketsPerDay;
        Assert.Equal(total, archived);
        Log($"{total} tickets archived and compacted in {watch.Elapsed}");

        // Late closers made a second part of their day; what is left after compaction is one.
        foreach (var queue in queues)
            Assert.All(await process.Shards.ReadChangesAsync(queue.Name, 0, Cancel), row => Assert.Single(row.Parts));

        watch.Restart();
        var (random, readers) = (new Random(5), scene.Process());
        for (var i = 0; i < lookups; i++)
        {
            var id = 1_000_000 + random.NextInt64(total);
            await AssertFoundAsync(readers, queues, id, ticketsPerDay);
        }

        Assert.Null(await readers.Tickets.FindAsync(queues[0].Name, 1_000_000 + total, Cancel));
        Log($"{lookups} lookups in {watch.Elapsed}, {(double)readers.Tickets.StorageRequests / readers.Tickets.Lookups:F3} requests each");

        watch.Restart();
        Assert.Equal((total, total / 7, total / 7), await ScanAsync(scene, queues));
        Log($"{total} tickets scanned in {watch.Elapsed}");

        var erased = Enumerable.Range(0, 25).Select(_ => 1_000_000 + random.NextInt64(total)).Distinct().ToHashSet();
        foreach (var queue in queues)
        {
            var mine = erased.Where(id => QueueOf(queues, id, ticketsPerDay) == queue).ToHashSet();
            var erasure = new PartErasure(process.Shards, process.Parts, process.Compaction);
            var erasedDays = new HashSet<DateOnly>();
            foreach (var id in mine)
                erasedDays.Add((await readers.Tickets.LookupAsync([queue.Name], id, Cancel)).Day);
            foreach (var day in erasedDays.Count == 0 ? [] : await erasure.DaysAsync(queue.Name, erasedDays, Cancel))
                Assert.True((await erasure.EraseAsync(queue.Name, day, mine, Cancel)).Complete);
        }

        var after = scene.Process();
        foreach (var id in erased)
        {
            Assert.Null(await after.Tickets.FindAsync(QueueOf(queues, id, ticketsPerDay).Name, id, Cancel));
            if (!erased.Contains(id + 1) && id + 1 < 1_000_000 + total)
                await AssertFoundAsync(after, queues, id + 1, ticketsPerDay);
        }

        Assert.Equal(total - erased.Count, (await ScanAsync(scene, queues)).Scanned);
    }

    /// <summary>Most are closed the same day, one in ten two months later.</summary>
    private static Task AddDayAsync(ArchiveScene scene, ColdQueue queue, DateTimeOffset day, long firstId, int count) => scene.ExecuteAsync(
        $$"""
        insert into tickets (queue_id, ticket_id, status, version, created_at, updated_at, closed_at, i1)
        select {{queue.QueueId}}, {{firstId}} + n, 'closed', 2, at, closed, closed, n % 7
        from generate_series(0, {{count - 1}}) n, lateral (select timestamptz '{{day:yyyy-MM-dd}}Z' + n * interval '1 minute' as at) a,
            lateral (select at + case when n % 10 = 3 then interval '60 days' else interval '1 hour' end as closed) c;
        insert into ticket_meta (queue_id, ticket_id, block, version, data)
        select {{queue.QueueId}}, {{firstId}} + n, 'report', 1, json_build_object('text', 'ticket ' || ({{firstId}} + n) || ' ' || md5(n::text)) from generate_series(0, {{count - 1}}) n;
        """);

    private static async Task<long> KeepAsync(ArchiveProcess process, List<ColdQueue> queues, SimulatedTime clock)
    {
        var report = await process.Archiver.RunAsync(queues, TimeSpan.FromMinutes(30), Cancel);
        Assert.Empty(report.Failures);
        clock.Now = clock.Now.AddHours(2);
        await Parallel.ForEachAsync(queues, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancel }, async (queue, cancel) =>
        {
            var known = (await process.Tools.Index.RefreshAsync(queue.Name, cancel)).Parts;
            foreach (var (day, _, _) in known.DaysOfSeveralParts().ToList())
                await process.Compaction.CompactDayAsync(queue.Name, day, CompactionRule.Tiered, cancel);
        });

        clock.Now = clock.Now.AddHours(2);
        foreach (var queue in queues)
            await process.Sweep.DeleteRetiredAsync(queue.Name, Cancel);
        await process.Tools.Moves.ForgetAsync(ArchiveScene.Shard, Cancel);
        return report.Tickets;
    }

    private static ColdQueue QueueOf(List<ColdQueue> queues, long id, int ticketsPerDay) => queues[(int)((id - 1_000_000) / ticketsPerDay % Queues)];

    private static async Task AssertFoundAsync(ArchiveProcess process, List<ColdQueue> queues, long id, int ticketsPerDay)
    {
        var queue = QueueOf(queues, id, ticketsPerDay);
        var json = await process.Tickets.FindAsync(queue.Name, id, Cancel);
        Assert.NotNull(json);
        using var document = JsonDocument.Parse(json.Value);
        Assert.StartsWith($"ticket {id} ", document.RootElement.GetProperty("meta").GetProperty("report").GetProperty("data").GetProperty("text").GetString());
    }

    /// <summary>All tickets, and those whose indexed field is 3: counted by the scan, and by what it gave out.</summary>
    private static async Task<(long Scanned, long Matched, long Found)> ScanAsync(ArchiveScene scene, List<ColdQueue> queues)
    {
        var process = scene.Process();
        var scan = new ColdScan(process.Shards, process.Parts);
        var filter = new ScanFilter([new ScanTest("cost", true, 3)]);
        var (tally, found) = (ScanTally.Nothing, 0L);
        foreach (var queue in queues)
        {
            foreach (var range in (await scan.PlanAsync(queue.Name, new DateOnly(2000, 1, 1), new DateOnly(2100, 1, 1), 1 << 20, Cancel)).SelectMany(unit => unit))
                tally += await scan.ReadAsync(queue.Name, range, filter, (_, _) => { found++; return ValueTask.CompletedTask; }, Cancel);
        }

        return (tally.Tickets, tally.Matched, found);
    }

    private static void Log(string text) => TestContext.Current.TestOutputHelper!.WriteLine(text);

    private sealed class SimulatedTime(DateTimeOffset start) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = start;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
