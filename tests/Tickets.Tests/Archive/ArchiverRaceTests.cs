using System.Diagnostics;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Index;

namespace Tickets.Tests.Archive;

/// <summary>Others read, write and archive at the same time.</summary>
[Collection(nameof(ArchiveStack))]
public class ArchiverRaceTests(ArchiveStack stack)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_ticket_that_goes_to_another_queue_while_it_is_copied_is_not_found_under_the_old_one()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(30, days: 1);
        var warm = scene.Process().Tickets;
        Assert.Null(await warm.FindAsync(scene.Queue.Name, 1_000_030, Cancel));
        ReadOnlyMemory<byte>? during = default;
        var report = await scene.Process(removal: remove => async (session, shard, queue, tickets, revision, cancel) =>
        {
            // Copied and listed; then an update takes the ticket out of this queue's tables.
            await scene.ExecuteAsync("delete from tickets where ticket_id = 1000030; delete from ticket_meta where ticket_id = 1000030");
            during = await scene.Process().Tickets.FindAsync(scene.Queue.Name, 1_000_030, Cancel);
            return await remove(session, shard, queue, tickets, revision, cancel);
        }).ArchiveAsync();

        Assert.Equal((29, 1), (report.Tickets, report.Kept));
        Assert.Null(during);
        foreach (var readers in new[] { warm, scene.Process().Tickets })
        {
            Assert.Null(await readers.FindAsync(scene.Queue.Name, 1_000_030, Cancel));
            Assert.NotNull(await readers.FindAsync(scene.Queue.Name, 1_000_033, Cancel));
        }
    }

    [Fact]
    public async Task The_archiver_rests_while_others_write_to_its_shard()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(3_000, days: 3);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await scene.ExecuteAsync("update oplog_head set last_opid = last_opid + 10");
                await Task.Delay(10, Cancel);
            }
        });
        var pace = new HotPace(scene.Database, TimeProvider.System, share: 0.5);
        await pace.BreatheAsync(pace.Begin(), Cancel);
        var watch = Stopwatch.StartNew();
        while (!pace.IsBusy && watch.Elapsed < TimeSpan.FromSeconds(10))
            await pace.BreatheAsync(pace.Begin(), Cancel);
        Assert.True(pace.IsBusy);
        var start = pace.Begin();
        await Task.Delay(200, Cancel);
        watch.Restart();
        await pace.BreatheAsync(start, Cancel);
        Assert.InRange(watch.Elapsed.TotalMilliseconds, 180, 5_000);

        await stop.CancelAsync();
        await writing;
        watch.Restart();
        while (pace.IsBusy && watch.Elapsed < TimeSpan.FromSeconds(10))
            await pace.BreatheAsync(pace.Begin(), Cancel);
        Assert.False(pace.IsBusy);
    }

    [Fact]
    public async Task A_ticket_that_changes_during_its_move_stays_hot_and_its_later_form_wins_once_it_moves()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(30, days: 1);
        var report = await scene.Process(removal: remove => async (session, shard, queue, tickets, revision, cancel) =>
        {
            await scene.ExecuteAsync("""update tickets set version = 4 where ticket_id = 1000030; update ticket_meta set data = '{"text": "changed"}' where ticket_id = 1000030""");
            return await remove(session, shard, queue, tickets, revision, cancel);
        }).ArchiveAsync();
        Assert.Equal((29, 1), (report.Tickets, report.Kept));
        Assert.Equal("changed", await scene.ReadAsync(scene.Process().Tickets, 1_000_030));

        Assert.Equal(1, (await scene.Process().ArchiveAsync()).Tickets);
        Assert.Equal(0, await scene.CountHotAsync());
        Assert.Equal("changed", await scene.ReadAsync(scene.Process().Tickets, 1_000_030));
    }

    [Fact]
    public async Task Archivers_at_once_share_the_work_without_doing_it_twice()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(2_000, days: 40);
        var reports = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(scene.Process().ArchiveAsync)));
        Assert.All(reports, r => Assert.Empty(r.Failures));
        Assert.Equal(2_000, reports.Sum(r => r.Tickets));
        Assert.Equal(40, reports.Sum(r => r.Parts));
        await scene.AllAreColdOnceAsync(2_000, scene.Process().Tickets);
    }

    [Fact]
    public async Task Index_changes_of_many_processes_at_once_are_all_kept()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var day = new DateOnly(2025, 3, 14);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var shards = scene.Process().Shards;
            for (var i = 0; i < 12; i++)
            {
                var part = new DayPart(PartName.Format((ulong)((writer * 100) + i)), 1, 2, 2, 10, 10, "", 5, 5, null);
                await shards.CommitAsync("q", [day, day.AddDays(writer + 1)], d => d.With(part), Cancel);
            }
        })));

        var reader = scene.Process().Shards;
        var days = await reader.ReadChangesAsync("q", 0, Cancel);
        Assert.Equal(48, days.Single(d => d.Day == day).Parts.Select(p => p.Part).Distinct().Count());
        Assert.Equal([48, 12, 12, 12, 12], days.Select(d => d.Parts.Count));
        Assert.Equal(48, await reader.ReadRevisionAsync("q", Cancel));
        Assert.Equal(2, (await reader.ReadChangesAsync("q", 47, Cancel)).Count);
    }

    [Fact]
    public async Task A_reader_finds_every_ticket_at_every_moment_of_the_move()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(3_000, days: 30);
        var readers = scene.Process().Tickets;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var reads = 0;
        var reading = Enumerable.Range(1, 3).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested)
            {
                var id = 1_000_000 + (3L * random.Next(3_000));
                Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));
                Interlocked.Increment(ref reads);
            }
        })).ToList();

        var report = await scene.Process().ArchiveAsync();
        await stop.CancelAsync();
        await Task.WhenAll(reading);
        Assert.Equal(3_000, report.Tickets);
        Assert.True(reads > 100, $"{reads} reads");
    }
}
