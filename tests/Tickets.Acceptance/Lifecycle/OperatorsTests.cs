namespace Tickets.Acceptance.Lifecycle;

/// <summary>What operators see and do of orchestrations.</summary>
public class OperatorsTests(RunningApp app)
{
    private readonly LifecycleScene _scene = new(app);

    [Fact]
    public async Task Operators_list_look_into_and_end_orchestrations()
    {
        var queue = await _scene.QueueAsync("""{"to": ["closed"], "remind_every": "PT0.2S", "lifetime": "PT1H", "group": "x"}""", shard: "hot-0");
        var id = await app.Admin.CreateAsync(queue);
        await _scene.WaitingAsync(id, status => status.Text("status") == "running");
        // No sweep is to repair what is ended here.
        await LifecycleScene.ExecuteAsync(app.Stack.Shards["hot-0"], $"update tickets set updated_at = updated_at + interval '1 day' where ticket_id = {id}");

        var listed = (await app.Admin.GetAsync($"/orchestrations?hub=hot-0&name=ticket-life&prefix=ticket/{id}&limit=1")).Ok().GetProperty("orchestrations");
        Assert.Equal($"ticket/{id}", Assert.Single(listed.EnumerateArray()).Text("instance_id"));
        var one = (await app.Admin.GetAsync($"/orchestrations?hub=hot-0&instance_id=ticket/{id}")).Ok();
        Assert.Contains("look-at-ticket", one.GetProperty("history").GetRawText(), StringComparison.Ordinal);
        Assert.True((await app.Admin.PostAsync($"/orchestrations/terminate?hub=hot-0&instance_id=ticket/{id}", null)).Ok().GetProperty("done").GetBoolean());
        Assert.Equal("terminated", (await app.Admin.GetAsync($"/orchestrations?hub=hot-0&instance_id=ticket/{id}")).Ok().Text("status"));
        (await app.Admin.PostAsync($"/orchestrations/rewind?hub=hot-0&instance_id=ticket/{id}", null)).Problem(409, "orchestration_state");
        (await app.Admin.GetAsync("/orchestrations?hub=nowhere")).Problem(404, "not_found");
        (await app.Admin.GetAsync("/orchestrations?status=odd")).Problem(400, "invalid_parameter");
        (await app.Admin.GetAsync("/orchestrations?cursor=odd")).Problem(400, "invalid_cursor");
        await Eventually.IsAsync(async () => (await app.Admin.GetAsync("/orchestrations/health")).Ok().GetProperty("workers").EnumerateArray().Any(worker => worker.Text("status") == "ok"));
        Assert.Equal(3, (await app.Admin.GetAsync("/orchestrations/health")).Ok().GetProperty("hubs").GetArrayLength());
    }
}
