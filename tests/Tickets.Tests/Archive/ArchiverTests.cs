using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Storage.Blobs.Specialized;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;

namespace Tickets.Tests.Archive;

[Collection(nameof(ArchiveStack))]
public class ArchiverTests(ArchiveStack stack)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Closed_tickets_past_their_retention_move_and_all_others_stay()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(500, days: 5);
        await scene.ExecuteAsync("update tickets set closed_at = null where ticket_id = 1000000; update tickets set closed_at = now() - interval '6 days 23 hours' where ticket_id = 1000003");
        var process = scene.Process();

        var report = await process.ArchiveAsync();

        Assert.Empty(report.Failures);
        Assert.Equal((498, 5, 5, true), (report.Tickets, report.Parts, report.Days, report.Complete));
        Assert.Equal(2, await scene.CountHotAsync());
        foreach (var id in ArchiveScene.Ids(500))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(process.Tickets, id));
        Assert.Null(await process.Tickets.FindAsync(scene.Queue.Name, 1_000_001, Cancel));
        Assert.Equal(0, (await process.ArchiveAsync()).Parts);
    }

    [Fact]
    public async Task The_document_is_the_apis_ticket_with_every_member()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.ExecuteAsync(
            """
            insert into tickets (queue_id, ticket_id, status, resolution, group_name, accepted_by, parent_id, version, created_at, updated_at, closed_at, i1, s1, s5)
            values (7, 42, 'closed', 'fi"xé', 'dispatch', null, 41, 9, '2001-02-03 04:05:06.000007Z', '2001-02-03 04:05:07Z', '2001-02-04 00:00:00.5Z', -5, 'Ünïon <b>', null);
            insert into ticket_meta values (7, 42, 'report', 3, E'{"b": 1.50,\n  "a": [1,\r\n2], "text": "x\\ny"}'), (7, 42, 'note', 1, 'null');
            """);
        var process = scene.Process();
        await process.ArchiveAsync();

        var json = Encoding.UTF8.GetString((await process.Tickets.FindAsync(scene.Queue.Name, 42, Cancel))!.Value.Span);
        Assert.Equal(
            """
            {"ticket_id":"42","queue":"incidents/birdstrikes","status":"closed","resolution":"fi\"xé","group":"dispatch","accepted_by":null,"parent_id":"41","version":9,"created_at":"2001-02-03T04:05:06.000007Z","updated_at":"2001-02-03T04:05:07.000000Z","closed_at":"2001-02-04T00:00:00.500000Z","indexed_meta":{"cost":-5,"state":"Ünïon <b>"},"meta":{"note":{"version":1,"data":null},"report":{"version":3,"data":{"b": 1.50,   "a": [1,  2], "text": "x\ny"}}}}
            """, json);
        Assert.Equal("x\ny", JsonDocument.Parse(json).RootElement.GetProperty("meta").GetProperty("report").GetProperty("data").GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_removed_block_stays_behind_when_its_ticket_moves()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(2, days: 1);
        await scene.ExecuteAsync("insert into ticket_meta values (7, 1000000, 'draft', 2, null)");
        var process = scene.Process();

        Assert.Equal(2, (await process.ArchiveAsync()).Tickets);
        var json = await process.Tickets.FindAsync(scene.Queue.Name, 1_000_000, Cancel);
        Assert.Equal(["report"], JsonDocument.Parse(json!.Value).RootElement.GetProperty("meta").EnumerateObject().Select(block => block.Name));
    }

    [Fact]
    public async Task A_death_at_any_storage_request_and_a_rerun_converge_with_every_ticket_readable()
    {
        const int Tickets = 60;
        var points = 0;
        await using var scene = await ArchiveScene.CreateAsync(stack);
        foreach (var executed in new[] { false, true })
        {
            for (var request = 1; ; request++)
            {
                await scene.EmptyAsync();
                await scene.AddClosedTicketsAsync(Tickets, days: 3);
                var fault = new StorageFault(request, executed);
                var died = await scene.Process(fault).ArchiveAsync();
                if (!fault.Fired)
                    break;
                points++;
                Assert.NotEmpty(died.Failures);

                var readers = scene.Process().Tickets;
                foreach (var id in ArchiveScene.Ids(Tickets))
                    Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));

                var rerun = await scene.Process().ArchiveAsync();
                Assert.Empty(rerun.Failures);
                await AssertAllColdOnceAsync(scene, Tickets, readers);
            }
        }

        Assert.InRange(points, 2 * 8, 100);
        TestContext.Current.TestOutputHelper!.WriteLine($"{points} crash points");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_death_around_the_removal_from_hot_and_a_rerun_converge(bool executed)
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(60, days: 3);
        var died = await scene.Process(removal: remove => async (session, shard, queue, tickets, revision, cancel) =>
        {
            if (executed)
                await remove(session, shard, queue, tickets.Take(20).ToList(), revision, cancel);
            throw new DeadProcessException();
        }).ArchiveAsync();
        Assert.Single(died.Failures);
        Assert.Equal(executed ? 40 : 60, await scene.CountHotAsync());

        var readers = scene.Process().Tickets;
        foreach (var id in ArchiveScene.Ids(60))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));
        Assert.Empty((await scene.Process().ArchiveAsync()).Failures);
        Assert.Equal(0, await scene.CountHotAsync());
        foreach (var id in ArchiveScene.Ids(60))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));
    }

    [Fact]
    public async Task What_a_run_that_died_before_the_removal_left_is_withdrawn_and_swept()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(90, days: 1);
        await scene.Process(removal: _ => (_, _, _, _, _, _) => throw new DeadProcessException()).ArchiveAsync();
        Assert.Equal(90, (await scene.Process().ArchiveAsync()).Tickets);
        await AssertAllColdOnceAsync(scene, 90, scene.Process().Tickets);

        scene.Options = scene.Options with { RetiredGrace = TimeSpan.Zero };
        Assert.Equal(1, await scene.Process().Sweep.DeleteRetiredAsync(scene.Queue.Name, Cancel));
        Assert.Single(await scene.Blobs.GetBlobsAsync(cancellationToken: Cancel).ToListAsync(Cancel));
        await AssertAllColdOnceAsync(scene, 90, scene.Process().Tickets);
    }

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
    public async Task A_ticket_that_went_elsewhere_during_a_move_that_died_is_not_found_under_the_old_queue()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(30, days: 1);
        await scene.Process(removal: remove => async (session, shard, queue, tickets, revision, cancel) =>
        {
            await remove(session, shard, queue, tickets.Take(20).ToList(), revision, cancel);
            throw new DeadProcessException();
        }).ArchiveAsync();
        await scene.ExecuteAsync("delete from tickets where ticket_id = 1000087; delete from ticket_meta where ticket_id = 1000087");
        Assert.Null(await scene.Process().Tickets.FindAsync(scene.Queue.Name, 1_000_087, Cancel));

        Assert.Equal(9, (await scene.Process().ArchiveAsync()).Tickets);
        Assert.Null(await scene.Process().Tickets.FindAsync(scene.Queue.Name, 1_000_087, Cancel));
        foreach (var id in ArchiveScene.Ids(29))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(scene.Process().Tickets, id));
    }

    [Fact]
    public async Task An_archiver_that_lost_its_lease_removes_nothing_any_more()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(30, days: 1);
        var report = await scene.Process(removal: remove => async (session, shard, queue, tickets, revision, cancel) =>
        {
            // The server ends the session while this process sleeps, and another one takes over.
            await scene.ExecuteAsync($"select pg_terminate_backend({session.ProcessID}, 5000)");
            Assert.Equal(30, (await scene.Process().ArchiveAsync()).Tickets);
            return await remove(session, shard, queue, tickets, revision, cancel);
        }).ArchiveAsync();
        Assert.Single(report.Failures);
        Assert.Equal(0, report.Tickets);
        await AssertAllColdOnceAsync(scene, 30, scene.Process().Tickets);
    }

    [Fact]
    public async Task A_full_day_is_compacted_by_the_archiver_and_never_keeps_tickets_hot()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(200, days: 1);
        var process = scene.Process();
        Assert.Equal(200, (await process.ArchiveAsync()).Tickets);
        // As full as a row can be with parts that are there: the same one many times over, under other names.
        var row = Assert.Single(await process.RowsAsync());
        var first = row.Parts[0];
        var blob = scene.Blobs.GetBlobClient(PartName.Of(scene.Queue.Name, row.Day, first.Part));
        var content = (await blob.DownloadContentAsync(Cancel)).Value.Content;
        var names = new List<ulong>();
        for (var day = row; day.Fits; day = day.With(first with { Part = PartName.Format(names[^1]) }))
            names.Add(PartName.NewId());
        names.RemoveAt(names.Count - 1);
        Assert.True(names.Count >= 500, $"{names.Count} parts");
        await Parallel.ForEachAsync(names, Cancel, async (name, cancel) => await scene.Blobs.GetBlobClient(PartName.Of(scene.Queue.Name, row.Day, name)).UploadAsync(content, cancel));
        await process.Shards.CommitAsync(scene.Queue.Name, [row.Day], d => names.Aggregate(d, (x, name) => x.With(first with { Part = PartName.Format(name) })), Cancel);

        await scene.AddClosedTicketsAsync(50, days: 1, firstId: 5_000_000);
        var report = await scene.Process().ArchiveAsync();
        Assert.Empty(report.Failures);
        Assert.Equal((50, 0), (report.Tickets, await scene.CountHotAsync()));
        Assert.InRange(Assert.Single(await process.RowsAsync()).Parts.Count, 1, 3);
        foreach (var id in ArchiveScene.Ids(200).Concat(ArchiveScene.Ids(50, 5_000_000)))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(process.Tickets, id));
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
        await AssertAllColdOnceAsync(scene, 2_000, scene.Process().Tickets);
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
    public async Task A_part_that_does_not_read_back_as_written_is_withdrawn_and_nothing_leaves_hot()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(90, days: 3);
        string? damaged = null;
        var watch = new StorageWatch(async message =>
        {
            // The first part to be read back is damaged just before.
            var path = Uri.UnescapeDataString(message.Request.Uri.ToUri().AbsolutePath);
            if (message.Request.Method == RequestMethod.Get && path.EndsWith(PartName.Extension, StringComparison.Ordinal) && Interlocked.CompareExchange(ref damaged, path[path.IndexOf("incidents", StringComparison.Ordinal)..], null) is null)
                await DamageAsync(scene, damaged!, at: 40);
        });

        var report = await scene.Process(watch).ArchiveAsync();
        var failure = Assert.Single(report.Failures);
        Assert.Equal(damaged, failure.Part);
        Assert.Equal(60, report.Tickets);
        Assert.Equal(30, await scene.CountHotAsync());
        var readers = scene.Process().Tickets;
        foreach (var id in ArchiveScene.Ids(90))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));

        Assert.Empty((await scene.Process().ArchiveAsync()).Failures);
        await AssertAllColdOnceAsync(scene, 90, readers);
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

    [Fact]
    public async Task A_run_ends_when_its_time_is_over_and_the_next_goes_on()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(400, days: 200);
        var process = scene.Process();
        var first = await process.Archiver.RunAsync([scene.Queue], TimeSpan.FromMilliseconds(50), Cancel);
        Assert.False(first.Complete);
        Assert.InRange(first.Tickets, 0, 399);
        var second = await process.ArchiveAsync();
        Assert.True(second.Complete);
        Assert.Equal(400, first.Tickets + second.Tickets);
    }

    [Fact]
    public async Task A_queue_that_fails_is_reported_and_the_others_are_archived()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(10, days: 1);
        var process = scene.Process();
        var report = await process.Archiver.RunAsync([scene.Queue with { QueueId = 99, Name = "no/tables" }, scene.Queue], TimeSpan.FromMinutes(1), Cancel);
        Assert.Equal("no/tables", Assert.Single(report.Failures).Queue);
        Assert.Equal(10, report.Tickets);
    }

    [Fact]
    public async Task A_large_day_becomes_one_part_that_goes_up_in_pieces()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.ExecuteAsync(
            """
            insert into tickets (queue_id, ticket_id, status, version, created_at, updated_at, closed_at)
            select 7, n, 'closed', 1, '2001-01-01', '2001-01-02', '2001-01-02' from generate_series(1, 60000) n;
            insert into ticket_meta select 7, n, 'report', 1, json_build_object('text', 'ticket ' || n || ' ' || (select string_agg(md5(n::text || i), ' ') from generate_series(1, 12) i))
            from generate_series(1, 60000) n;
            """);
        var process = scene.Process();
        var watch = Stopwatch.StartNew();
        var report = await process.ArchiveAsync();
        TestContext.Current.TestOutputHelper!.WriteLine($"{report} in {watch.Elapsed}: {report.Tickets / watch.Elapsed.TotalSeconds:F0} tickets/s");
        Assert.Equal((60_000, 1), (report.Tickets, report.Parts));
        // More than one staged block, so the streamed way was taken.
        Assert.True(report.Bytes > 8 * 1024 * 1024);
        foreach (var id in new long[] { 1, 2, 29_999, 59_999, 60_000 })
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(process.Tickets, id));
    }

    private static async Task AssertAllColdOnceAsync(ArchiveScene scene, int tickets, ColdTickets readers)
    {
        Assert.Equal(0, await scene.CountHotAsync());
        var process = scene.Process();
        var days = await process.Shards.ReadChangesAsync(scene.Queue.Name, 0, Cancel);
        Assert.All(days.SelectMany(d => d.Parts), p => Assert.Null(p.Pending));
        Assert.Equal(tickets, days.Sum(d => d.Parts.Sum(p => p.Tickets - p.GoneIds().Count)));
        foreach (var (day, part) in days.SelectMany(d => d.Parts.Select(p => (d.Day, p))))
        {
            var read = await process.Parts.CheckAsync(PartName.Of(scene.Queue.Name, day, PartName.ParseId(part.Part)), Cancel);
            Assert.Equal(part.Sha256, Convert.ToHexStringLower(read.Sha256));
        }

        foreach (var id in ArchiveScene.Ids(tickets))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));
    }

    private static async Task DamageAsync(ArchiveScene scene, string name, int at)
    {
        var blob = scene.Blobs.GetBlockBlobClient(name);
        var bytes = (await blob.DownloadContentAsync(Cancel)).Value.Content.ToArray();
        bytes[at] ^= 1;
        await blob.UploadAsync(new MemoryStream(bytes), cancellationToken: Cancel);
    }
}
