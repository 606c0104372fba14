namespace Tickets.Acceptance.ChangeLog;

[Collection(nameof(RelayedApp))]
public class SkipOpTests(RelayedApp app)
{
    [Fact]
    public async Task An_operator_lets_the_relay_go_on_that_stands_at_an_op_which_Service_Bus_refuses()
    {
        var queue = await app.NewQueueAsync("hot-0");
        var id = await app.Admin.CreateAsync(queue);
        var before = Assert.Single(await app.Admin.ReadAllAsync(queue: queue)).Number("opid");
        var refused = before + 1;
        await app.UntilPublishedAsync("hot-0", before);
        await app.PlanFaultsAsync(new { topic = "tickets-oplog", status = 400, match = $"hot-0:{refused}\\\"", times = 1_000_000 });
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"meta.note": "poison"}}""")).Ok();
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"meta.note": "good"}}""")).Ok();
        var path = $"/oplog/hot-0/{refused}/skip";
        await Eventually.IsAsync(async () => await app.ScalarAsync<bool>("hot-0", $"select exists (select from oplog_followers where refused = {refused})"), TimeSpan.FromMinutes(2));

        (await app.Admin.PostAsync($"/oplog/hot-0/{refused + 1}/skip", """{"reason": "no need"}""")).Problem(409, "op_not_refused");
        (await app.Admin.PostAsync($"/oplog/hot-1/{refused}/skip", """{"reason": "no such"}""")).Problem(404, "not_found");
        (await app.Admin.PostAsync("/oplog/hot-0/x/skip", """{"reason": "no such"}""")).Problem(404, "not_found");
        (await app.Admin.PostAsync(path, "{}")).Problem(400, "invalid_field", "/reason");
        (await app.Admin.PostAsync(path, """{"reason": "typed wrongly", "resaon": 1}""")).Problem(400, "unknown_member", "/resaon");

        var skipped = (await app.Admin.PostAsync(path, """{"reason": "a header that the service refuses"}""")).Ok();

        Assert.Equal(("hot-0", refused, "a header that the service refuses"), (skipped.Text("shard"), skipped.Number("opid"), skipped.Text("reason")));
        (await app.Admin.PostAsync(path, """{"reason": "once more"}""")).Ok().Is(skipped.GetRawText());
        await app.UntilPublishedAsync("hot-0", refused + 2);
        await app.PlanFaultsAsync();
        var ops = await app.Admin.ReadAllAsync(queue: queue);
        Assert.Equal(["created", "updated", "updated", "skipped"], ops.Select(op => op.Text("kind")));
        var told = ops[^1];
        Assert.Equal((id, 3), (told.Text("ticket_id"), ops[2].Number("version")));
        var diff = told.GetProperty("diff").GetProperty("skipped");
        Assert.Equal((refused, "updated", "a header that the service refuses"), (diff.Number("opid"), diff.Text("kind"), diff.Text("reason")));
        // It is only Service Bus that goes without: the op itself is still in the log.
        Assert.Equal("updated", (await app.Admin.GetAsync($"/oplog/hot-0/{refused}")).Ok().Text("kind"));
    }
}
