using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Tickets.Core.Archive.Index;

namespace Tickets.Tests.Archive;

/// <summary>What the archiver moves, and what it leaves behind.</summary>
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
}
