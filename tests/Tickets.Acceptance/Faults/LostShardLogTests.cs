namespace Tickets.Acceptance.Faults;

public class LostShardLogTests(RunningApp app)
{
    [Fact]
    public async Task The_change_log_of_the_shards_that_are_left_is_served_from_any_cursor_and_the_lost_ones_is_caught_up()
    {
        await using var side = await SideApp.StartAsync(app);
        var (alive, lost) = (await side.NewQueueAsync("hot-0"), await side.NewQueueAsync("hot-1"));
        var (first, before) = (await side.Admin.CreateAsync(alive), await side.Admin.CreateAsync(lost));
        await side.CloseAsync(side.Stack.Shards["hot-1"]);

        var queueCursor = (await side.Admin.GetAsync($"/oplog?queue={alive}&cursor=now")).Ok().Text("next_cursor");
        var nowCursor = (await side.Admin.GetAsync("/oplog?cursor=now")).Ok().Text("next_cursor");
        var oldest = (await side.Admin.GetAsync("/oplog")).Ok();
        Assert.Equal([first], oldest.GetProperty("ops").EnumerateArray().Select(op => op.Text("ticket_id")));
        Assert.Equal([first], (await side.Admin.GetAsync($"/oplog?queue={alive}")).Ok().GetProperty("ops").EnumerateArray().Select(op => op.Text("ticket_id")));
        var second = await side.Admin.CreateAsync(alive);
        foreach (var cursor in new[] { queueCursor, nowCursor })
            Assert.Equal([second], (await side.Admin.GetAsync($"/oplog?queue={alive}&cursor={cursor}&wait=5")).Ok().GetProperty("ops").EnumerateArray().Select(op => op.Text("ticket_id")));
        (await side.Admin.GetAsync($"/oplog?queue={lost}")).Problem(503, "unavailable");
        (await side.Admin.GetAsync($"/oplog?queue={lost}&cursor={nowCursor}")).Problem(503, "unavailable");

        await side.OpenAsync(side.Stack.Shards["hot-1"]);
        await Eventually.IsAsync(async () => (await side.Admin.PostAsync("/tickets", $$"""{"queue": "{{lost}}"}""")).Status == 200);

        // Nothing of the lost shard is skipped: neither what was before, nor what came after.
        var caughtUp = await ReadFromAsync(side.Admin, oldest.Text("next_cursor")!);
        Assert.Equal([before], caughtUp.Where(op => op.Text("queue") == lost).Take(1).Select(op => op.Text("ticket_id")));
        var sinceNow = await ReadFromAsync(side.Admin, nowCursor!);
        Assert.Contains(sinceNow, op => op.Text("queue") == lost && op.Text("ticket_id") != before);
    }

    private static async Task<List<JsonElement>> ReadFromAsync(Api api, string cursor) => await ChangeLog.OplogReader.ReadAllAsync(api, cursor);
}
