namespace Tickets.Acceptance.Faults;

public class LostShardTests(RunningApp app)
{
    [Fact]
    public async Task A_lost_shard_leaves_the_other_working_and_is_named()
    {
        await using var side = await SideApp.StartAsync(app);
        var api = side.Admin;
        var (alive, lost) = (await side.NewQueueAsync("hot-0"), await side.NewQueueAsync("hot-1"));
        var (here, there) = (await api.CreateAsync(alive), await api.CreateAsync(lost));

        await side.CloseAsync(side.Stack.Shards["hot-1"]);

        for (var i = 0; i < 3; i++)
        {
            var id = await api.CreateAsync(alive);
            (await api.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{alive}}", "set": {"status": "triaged"} }""")).Ok();
            await api.TicketAsync(alive, id);
        }

        Assert.Equal(4, (await api.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{alive}}"} }""")).Ok().GetProperty("tickets").GetArrayLength());
        (await api.GetAsync($"/tickets/{here}")).Ok();
        (await api.PatchAsync($"/tickets/{here}", """{"set": {"group": "x"}}""")).Ok();
        // The first write may go out on a session that is just being ended: then nobody can tell whether it was committed.
        var first = await api.PostAsync("/tickets", $$"""{"queue": "{{lost}}"}""");
        Assert.Equal(503, first.Status);
        Assert.Contains(first.Json.Text("code"), new[] { "unavailable", "outcome_unknown" });
        foreach (var (method, path, body) in new[]
        {
            ("POST", "/tickets", $$"""{"queue": "{{lost}}"}"""),
            ("PATCH", $"/tickets/{there}", $$"""{"queue": "{{lost}}"}"""),
            ("GET", $"/tickets/{there}?queue={lost}", null),
            ("GET", $"/tickets/{there}", null),
            ("PATCH", $"/tickets/{there}", "{}"),
            ("POST", "/tickets/find", $$"""{"query": {"queue": "{{lost}}"} }"""),
            ("GET", $"/oplog?queue={lost}", null),
        })
        {
            (await api.SendAsync(method, path, body)).Problem(503, "unavailable");
        }

        var ready = await api.GetAsync("/health/ready");
        Assert.Equal(503, ready.Status);
        Assert.Equal("hot-1", Assert.Single(ready.Json.GetProperty("dependencies").EnumerateObject(), dependency => dependency.Value.Text("status") != "ok").Name);
        (await api.GetAsync("/ping")).Ok();

        await side.OpenAsync(side.Stack.Shards["hot-1"]);
        await Eventually.IsAsync(async () => (await api.PostAsync("/tickets", $$"""{"queue": "{{lost}}"}""")).Status == 200);
        await Eventually.IsAsync(async () => (await api.GetAsync("/health/ready")).Status == 200);
        await api.TicketAsync(lost, there);
    }
}
