namespace Tickets.Acceptance.ChangeLog;

[Collection(nameof(RelayedApp))]
public class ExpiredCursorTests(RelayedApp app)
{
    [Fact]
    public async Task A_cursor_before_the_oldest_op_is_refused_with_the_oldest_cursor_which_goes_on()
    {
        var queue = await app.NewQueueAsync("hot-1");
        await app.Admin.CreateAsync(queue);
        await app.Admin.CreateAsync(queue);
        var expired = (await app.Admin.GetAsync($"/oplog?queue={queue}&max_ops=1")).Ok().Text("next_cursor");
        await app.UntilPublishedAsync("hot-1", (await app.Admin.ReadAllAsync(queue: queue))[^1].Number("opid"));

        // The log goes on in its second partition, and the first is dropped as the upkeep does when its time has come.
        await app.ScalarAsync<long>("hot-1", "update oplog_head set last_opid = 2000000 returning last_opid");
        var kept = await app.Admin.CreateAsync(queue);
        await app.ScalarAsync<string>("hot-1", "alter table oplog detach partition oplog_p0; drop table oplog_p0; select 'dropped'");

        foreach (var asked in new[] { $"/oplog?cursor={expired}", $"/oplog?queue={queue}&cursor={expired}", $"/oplog?queue={queue}&cursor={expired}&wait=30" })
        {
            foreach (var accept in new[] { "application/json", "application/cloudevents-batch+json" })
            {
                var problem = (await app.Admin.GetAsync(asked, ("Accept", accept))).Problem(410, "cursor_expired");
                var page = (await app.Admin.GetAsync($"/oplog?queue={queue}&cursor={problem.Text("oldest_cursor")}")).Ok();
                Assert.Equal([kept], page.GetProperty("ops").EnumerateArray().Select(op => op.Text("ticket_id")));
            }
        }

        // Who has no cursor begins with the oldest op, and who has read to the end goes on.
        Assert.Equal([kept], (await app.Admin.ReadAllAsync(queue: queue)).Select(op => op.Text("ticket_id")));
        (await app.Admin.GetAsync($"/oplog?queue={queue}&cursor={await app.Admin.NowAsync()}")).Ok();
    }
}
