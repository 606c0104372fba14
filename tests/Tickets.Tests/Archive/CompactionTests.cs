using Azure.Storage.Blobs.Specialized;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;

namespace Tickets.Tests.Archive;

[Collection(nameof(ArchiveStack))]
public class CompactionTests(ArchiveStack stack)
{
    private static readonly DateOnly Day = ColdScenes.Day;
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Small_parts_of_a_day_become_one_with_the_newest_copy_of_each_ticket_and_without_what_does_not_count()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var first = await scene.PutPartAsync(Day, Numbers(0, 3_000, 3), "first");
        await scene.PutPartAsync(Day, Numbers(1, 3_000, 3), "second");
        await scene.PutPartAsync(Day, Numbers(0, 300, 30), "third");
        await scene.Process().Shards.CommitAsync(scene.Queue.Name, [Day], d => d.With(first.Part, p => p.WithGone([3, 30, 2_997])), Cancel);

        var report = await scene.Process().Compaction.CompactDayAsync(scene.Queue.Name, Day, CompactionRule.All, Cancel);

        Assert.Equal((1, 3, 1), (report.Days, report.Merged, report.Written));
        var part = Assert.Single((await scene.RowAsync()).Parts);
        Assert.Null(part.Gone);
        Assert.Equal(1_998, part.Tickets);
        Assert.Null(await scene.TextAsync(3));
        Assert.Null(await scene.TextAsync(2_997));
        Assert.Equal("third", await scene.TextAsync(30));
        Assert.Equal("third", await scene.TextAsync(0));
        Assert.Equal("first", await scene.TextAsync(6));
        Assert.Equal("second", await scene.TextAsync(4));
    }

    [Fact]
    public async Task A_day_is_split_above_the_configured_size()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        scene.Options = scene.Options with { MaxPartBytes = 100_000 };
        var random = new Random(1);
        for (var i = 0; i < 12; i++)
            await scene.PutPartAsync(Day, Numbers(i, 1_200, 12), SampleParts.Text(random, 400));
        await scene.Process().Compaction.CompactDayAsync(scene.Queue.Name, Day, CompactionRule.All, Cancel);

        var parts = (await scene.RowAsync()).Parts;
        Assert.InRange(parts.Count, 1, 6);
        Assert.All(parts, part => Assert.InRange(part.Bytes, 1, 220_000));
        Assert.Equal(1_200, parts.Sum(part => part.Tickets));
        Assert.All(parts.Zip(parts.Skip(1)), pair => Assert.True(pair.First.MaxId < pair.Second.MinId));
        for (var id = 0; id < 1_200; id += 53)
            Assert.NotNull(await scene.TextAsync(id));
    }

    [Fact]
    public async Task Small_parts_wait_for_company_or_for_quiet_and_a_large_one_is_rarely_rewritten()
    {
        var now = 10_000_000L;
        var options = new ArchiveOptions();
        Assert.Null(CompactionRule.Tiered.Choose(Of((1_000, now), (1_000, now)), now, options));
        Assert.Equal(2, CompactionRule.Tiered.Choose(Of((1_000, now - 7_200), (1_000, now - 7_200)), now, options)!.Count);
        Assert.Equal(16, CompactionRule.Tiered.Choose(Of([.. Enumerable.Repeat((1_000L, now), 16)]), now, options)!.Count);
        // 100 MB is not written anew for the sake of 2 MB, but for the sake of 40.
        Assert.Null(CompactionRule.Tiered.Choose(Of((100_000_000, 0), (2_000_000, 0)), now, options));
        Assert.Equal(2, CompactionRule.Tiered.Choose(Of((100_000_000, 0), (2_000_000, 0), (1_000_000, 0)), now, options)!.Count);
        Assert.Equal(5, CompactionRule.Tiered.Choose(Of((100_000_000, 0), (20_000_000, 0), (6_000_000, 0), (2_000_000, 0), (1_000_000, 0)), now, options)!.Count);
        // What is being moved, or cannot be read, parts the runs.
        var day = Of((1_000, 0), (1_000, 0), (1_000, 0));
        Assert.Null(CompactionRule.All.Choose(day with { Parts = [day.Parts[0], day.Parts[1] with { Pending = "hot-0" }, day.Parts[2]] }, now, options));
        Assert.Null(CompactionRule.All.Choose(day with { Parts = [day.Parts[0], day.Parts[1] with { Tier = "Archive" }, day.Parts[2]] }, now, options));
        await Task.CompletedTask;

        static ColdDay Of(params (long Bytes, long At)[] parts) => ColdDay.Empty(Day) with
        {
            Parts = [.. parts.Select((part, i) => new DayPart(PartName.Format((ulong)i), i, i, 1, part.Bytes, part.Bytes, "", 1, 1, null) { At = part.At })],
        };
    }

    [Fact]
    public async Task A_death_at_any_storage_request_of_a_compaction_and_a_rerun_converge_with_every_ticket_readable()
    {
        var points = 0;
        await using var scene = await ArchiveScene.CreateAsync(stack);
        foreach (var executed in new[] { false, true })
        {
            for (var request = 1; ; request++)
            {
                await scene.EmptyAsync();
                scene.Options = scene.Options with { RetiredGrace = TimeSpan.Zero, OrphanAge = TimeSpan.Zero };
                for (var i = 0; i < 3; i++)
                    await scene.PutPartAsync(Day, Numbers(i, 24, 3), $"part {i}");
                var warm = scene.Process();
                await scene.TextAsync(1, warm);
                var fault = new StorageFault(request, executed);
                var failed = await Record.ExceptionAsync(() => KeepAsync(scene.Process(fault), scene));
                if (!fault.Fired)
                {
                    Assert.Null(failed);
                    break;
                }

                points++;
                foreach (var id in Numbers(0, 24, 1))
                    Assert.Equal($"part {id % 3}", await scene.TextAsync(id, warm));
                await KeepAsync(scene.Process(), scene);
                await KeepAsync(scene.Process(), scene);
                var row = await scene.RowAsync();
                Assert.Equal(24, Assert.Single(row.Parts).Tickets);
                Assert.Empty(row.Retired);
                Assert.Equal(1, await scene.CountBlobsAsync());
                foreach (var id in Numbers(0, 24, 1))
                    Assert.Equal($"part {id % 3}", await scene.TextAsync(id, warm));
            }
        }

        Assert.InRange(points, 2 * 12, 150);
        TestContext.Current.TestOutputHelper!.WriteLine($"{points} crash points");

        static async Task KeepAsync(ArchiveProcess process, ArchiveScene scene)
        {
            await process.Compaction.CompactDayAsync(scene.Queue.Name, Day, CompactionRule.All, Cancel);
            await process.Sweep.RetireOrphansAsync(scene.Queue.Name, Cancel);
            await process.Sweep.DeleteRetiredAsync(scene.Queue.Name, Cancel);
        }
    }

    [Fact]
    public async Task Readers_with_an_old_index_find_every_ticket_while_its_day_is_compacted_and_swept()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        scene.Options = scene.Options with { RetiredGrace = TimeSpan.Zero };
        for (var i = 0; i < 8; i++)
            await scene.PutPartAsync(Day, Numbers(i, 800, 8), $"part {i}");
        var readers = scene.Process();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var reads = 0;
        var reading = Enumerable.Range(1, 3).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested)
            {
                var id = random.Next(800);
                Assert.Equal($"part {id % 8}", await scene.TextAsync(id, readers));
                Interlocked.Increment(ref reads);
            }
        })).ToList();
        for (var round = 0; round < 3; round++)
        {
            await scene.Process().Compaction.CompactDayAsync(scene.Queue.Name, Day, CompactionRule.All, Cancel);
            await scene.Process().Sweep.DeleteRetiredAsync(scene.Queue.Name, Cancel);
            await scene.PutPartAsync(Day, [799], "part 7");
        }

        await stop.CancelAsync();
        await Task.WhenAll(reading);
        Assert.True(reads > 20, $"{reads} reads");
    }

    [Fact]
    public async Task Replaced_parts_stay_for_the_grace()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.PutPartAsync(Day, [1], "a");
        await scene.PutPartAsync(Day, [2], "b");
        var process = scene.Process();
        await process.Compaction.CompactDayAsync(scene.Queue.Name, Day, CompactionRule.All, Cancel);
        Assert.Equal(0, await process.Sweep.DeleteRetiredAsync(scene.Queue.Name, Cancel));
        Assert.Equal(3, await scene.CountBlobsAsync());

        scene.Options = scene.Options with { RetiredGrace = TimeSpan.Zero };
        Assert.Equal(2, await scene.Process().Sweep.DeleteRetiredAsync(scene.Queue.Name, Cancel));
        Assert.Equal(1, await scene.CountBlobsAsync());
    }

    [Fact]
    public async Task What_was_withdrawn_while_its_part_was_compacted_stays_withdrawn()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var a = await scene.PutPartAsync(Day, [1, 3, 5], "a");
        await scene.PutPartAsync(Day, [2, 4], "b");
        var writes = 0;
        var watch = new StorageWatch(async message =>
        {
            // Just before the new part's blob is written.
            if (message.Request.Method == Azure.Core.RequestMethod.Put && Interlocked.Increment(ref writes) == 1)
                await scene.Process().Shards.CommitAsync(scene.Queue.Name, [Day], d => d.With(a.Part, p => p.WithGone([3])), Cancel);
        });
        await scene.Process(watch).Compaction.CompactDayAsync(scene.Queue.Name, Day, CompactionRule.All, Cancel);
        Assert.Single((await scene.RowAsync()).Parts);
        Assert.Null(await scene.TextAsync(3));
        Assert.Equal("a", await scene.TextAsync(5));
        Assert.Equal("b", await scene.TextAsync(4));
    }

    [Fact]
    public async Task A_damaged_part_stops_the_compaction_of_its_day_and_is_named()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var a = await scene.PutPartAsync(Day, Numbers(0, 200, 2), "a");
        await scene.PutPartAsync(Day, Numbers(1, 200, 2), "b");
        var blob = scene.Blobs.GetBlockBlobClient(PartName.Of(scene.Queue.Name, Day, a.Part));
        var bytes = (await blob.DownloadContentAsync(Cancel)).Value.Content.ToArray();
        bytes[40] ^= 1;
        await blob.UploadAsync(new MemoryStream(bytes), cancellationToken: Cancel);

        var damage = await Assert.ThrowsAsync<DamagedPartException>(() => scene.Process().Compaction.CompactDayAsync(scene.Queue.Name, Day, CompactionRule.All, Cancel));
        Assert.Equal(blob.Name, damage.Part);
        Assert.Equal(2, (await scene.RowAsync()).Parts.Count);
        Assert.Equal("b", await scene.TextAsync(7));
    }

    [Fact]
    public async Task A_blob_that_a_cut_off_run_left_is_deleted_but_never_one_that_is_listed_meanwhile()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        scene.Options = scene.Options with { OrphanAge = TimeSpan.Zero, RetiredGrace = TimeSpan.Zero };
        var listed = await scene.PutPartAsync(Day, [1], "listed");
        var left = await scene.PutPartAsync(Day, [2], "left");
        await scene.Process().Shards.CommitAsync(scene.Queue.Name, [Day], d => d with { Parts = [.. d.Parts.Where(p => p.Part != left.Part)] }, Cancel);
        var process = scene.Process();
        Assert.Equal(1, await process.Sweep.RetireOrphansAsync(scene.Queue.Name, Cancel));

        // An archiver that slept wakes and lists it now: too late, the row refuses.
        await process.Shards.CommitAsync(scene.Queue.Name, [Day], d => d.With(left), Cancel);
        Assert.Equal(listed.Part, Assert.Single((await scene.RowAsync()).Parts).Part);
        Assert.Equal(1, await process.Sweep.DeleteRetiredAsync(scene.Queue.Name, Cancel));
        Assert.Equal("listed", await scene.TextAsync(1));
        Assert.Equal(1, await scene.CountBlobsAsync());
    }

    private static IEnumerable<long> Numbers(int from, int below, int step)
    {
        for (long id = from; id < below; id += step)
            yield return id;
    }
}
