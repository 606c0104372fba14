using Tickets.Acceptance.Operations;
using Tickets.Core.Operations.Restore;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing;

namespace Tickets.Acceptance.Moves;

/// <summary>Queues that change shards while something of their way to the cold tier, or back, is not settled.</summary>
public class ColdQueueMoveTests(RunningApp app)
{
    [Fact]
    public async Task A_queue_that_moves_after_an_archive_run_that_was_cut_off_keeps_sight_of_every_ticket()
    {
        var queue = await app.NewQueueAsync("hot-0");
        var ids = await ClosedAsync(queue, 9);
        var left = ids.Where((_, i) => i % 2 == 0).Select(long.Parse).ToHashSet();
        await using (var archiving = await CoreProcess.StartAsync(app.Stack))
            Assert.Single((await archiving.ArchiveAsync(queue, remove => OwnArchiver.CutOff(remove, left))).Failures);
        await using var relocator = await Relocator.StartAsync(app.Stack);

        await relocator.MoveAsync(queue, "move", "hot-1");
        await relocator.ClearAsync(queue, "move");

        foreach (var process in new[] { app.Admin, await app.SecondAsync() })
        {
            foreach (var id in ids)
            {
                var tier = left.Contains(long.Parse(id)) ? "cold" : "hot";
                Assert.Equal(tier, (await process.TicketAsync(queue, id)).Text("tier"));
                Assert.Equal(tier, (await process.GetAsync($"/tickets/{id}")).Ok().Text("tier"));
            }
        }

        var scan = await app.Admin.RunAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"}, "projection": ["ticket_id"]}""");
        Assert.Equal(left.Count, scan.GetProperty("result").Number("matched"));
        var erased = await app.Admin.RunAsync("/cold/erasures", $$"""{"queue": "{{queue}}", "ticket_ids": ["{{ids[0]}}", "{{ids[1]}}"]}""");
        Assert.Equal(("succeeded", 2), (erased.Text("status"), erased.GetProperty("result").Number("tickets")));
        (await app.Admin.GetAsync($"/tickets/{ids[0]}?queue={queue}")).Problem(404, "ticket_not_found");
    }

    [Fact]
    public async Task A_queue_that_moves_after_a_restore_that_was_cut_off_leaves_no_copy_that_counts()
    {
        var (queue, other) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0"));
        var id = (await ClosedAsync(queue, 1))[0];
        await using var process = await CoreProcess.StartAsync(app.Stack);
        Assert.Equal(1, (await process.ArchiveAsync(queue)).Tickets);
        await RestoreCutOffAsync(process, queue, id);
        await using var relocator = await Relocator.StartAsync(app.Stack);

        await relocator.MoveAsync(queue, "move", "hot-1");
        await relocator.ClearAsync(queue, "move");
        // It goes elsewhere; nobody asks the old shard any more that knew its copy not to count.
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"queue": "{{other}}"} }""")).Ok();

        foreach (var api in new[] { app.Admin, await app.SecondAsync() })
        {
            (await api.GetAsync($"/tickets/{id}?queue={queue}")).Problem(404, "ticket_not_found");
            Assert.Equal(other, (await api.GetAsync($"/tickets/{id}")).Ok().Text("queue"));
        }

        Assert.Equal("ticket_not_found", (await process.Get<RestoreTicket>().RunAsync(queue, long.Parse(id), TestContext.Current.CancellationToken)).Problem?.Code);
    }

    [Fact]
    public async Task A_part_that_an_archiver_left_pending_on_a_shard_that_the_queue_has_left_is_settled_by_the_next_run()
    {
        var queue = await app.NewQueueAsync("hot-0");
        var ids = await ClosedAsync(queue, 3);
        await using var process = await CoreProcess.StartAsync(app.Stack);
        await using var relocator = await Relocator.StartAsync(app.Stack);

        // An archiver that has lost its session while it wrote its parts, and sleeps through the whole move of the queue.
        Assert.Single((await process.ArchiveAsync(queue, _ => async (session, _, _, _, _, cancel) =>
        {
            await using (var end = process.Get<ShardSet>()["hot-0"].Database.CreateCommand($"select pg_terminate_backend({session.ProcessID})"))
                await end.ExecuteNonQueryAsync(cancel);
            await relocator.MoveAsync(queue, "move", "hot-1");
            await relocator.ClearAsync(queue, "move");
            throw new InvalidOperationException("the process ends here");
        })).Failures);
        Assert.Equal(ids.Length, (await process.ArchiveAsync(queue)).Tickets);

        foreach (var day in await process.Get<Core.Archive.Index.ColdShards>().ReadChangesAsync(queue, 0, TestContext.Current.CancellationToken))
            Assert.All(day.Parts, part => Assert.Null(part.Pending));
        foreach (var id in ids)
            Assert.Equal("cold", (await app.Admin.TicketAsync(queue, id)).Text("tier"));
    }

    private async Task<string[]> ClosedAsync(string queue, int count) => await Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
    {
        var id = await app.Admin.CreateAsync(queue, $"\"created_at\": \"1990-01-{(i % 3) + 1:00}T00:00:00Z\"");
        await app.Admin.CloseAsync(queue, id);
        return id;
    }));

    /// <summary>The first step is done, and before the second one the process ends.</summary>
    private static async Task RestoreCutOffAsync(CoreProcess process, string queue, string id)
    {
        var known = (await process.Get<SettingsCache>().FindQueueAsync(queue, CancellationToken.None))!;
        var shard = process.Get<ShardSet>()["hot-0"];
        await using var archiver = (await Core.Archive.ArchiveLease.TryTakeAsync(shard.Database, known.QueueId, CancellationToken.None))!;
        using var end = new CancellationTokenSource();
        var cutOff = process.Get<RestoreTicket>().RunAsync(queue, long.Parse(id), end.Token);
        await Eventually.IsAsync(async () => (await process.Get<TicketLocator>().FindAsync(long.Parse(id), CancellationToken.None)).Count == 1);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cutOff);
    }
}
