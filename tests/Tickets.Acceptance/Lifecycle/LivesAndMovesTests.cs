namespace Tickets.Acceptance.Lifecycle;

/// <summary>Tickets that are closed, opened again, and moved.</summary>
public class LivesAndMovesTests(RunningApp app)
{
    private readonly LifecycleScene _scene = new(app);

    [Fact]
    public async Task A_closed_ticket_has_no_orchestration_and_one_that_is_opened_again_has_a_new_one()
    {
        var queue = await _scene.QueueAsync("""{"to": ["closed"], "lifetime": "PT1H"}""", closed: """{"to": ["open-"], "terminal": true, "resolutions": ["fixed"], "resolution_required": true}""");
        var id = await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, id);
        await _scene.WaitingAsync(id, status => status.Text("status") == "completed");

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "open"}, "unset": ["resolution"]}""")).Ok();

        await _scene.WaitingAsync(id, status => status.Text("status") is "pending" or "running");
    }

    [Fact]
    public async Task A_ticket_that_moves_to_another_shard_goes_on_living_there()
    {
        var workflow = LifecycleScene.Name("wf");
        var from = await _scene.QueueAsync("""{"to": ["closed", "open2"], "lifetime": "PT2S", "on_timeout": "open2"}""", workflow: workflow, shard: "hot-0");
        var to = await app.NewQueueAsync(shard: "hot-1", workflow: workflow);
        var id = await app.Admin.CreateAsync(from);

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{from}}", "set": {"queue": "{{to}}"} }""")).Ok();

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(to, id)).Text("status") == "open2");
        await Eventually.IsAsync(async () => (await app.Admin.GetAsync($"/orchestrations?hub=hot-0&instance_id=ticket/{id}")).Ok().Text("status") == "completed");
    }

    [Fact]
    public async Task The_tickets_of_a_queue_that_moves_to_another_shard_live_on_there_from_where_they_were()
    {
        var children = await _scene.QueueAsync("""{"to": ["closed"]}""");
        var queue = await _scene.QueueAsync($$"""{"to": ["open2", "closed"], "steps": [{"create": {"queue": "{{children}}"} }, {"until_closed": "children"}, {"send_on": true}]}""", shard: "hot-0");
        var id = await app.Admin.CreateAsync(queue);
        await _scene.WaitingAsync(id, status => status.TryGetProperty("custom_status", out var told) && told.TryGetProperty("stepsTaken", out var taken) && taken.GetInt32() == 1);

        Assert.Equal(202, (await app.Admin.PostAsync("/queues/moves", $$"""{"queue": "{{queue}}", "shards": ["hot-1"]}""")).Status);
        await Eventually.IsAsync(async () => await app.Admin.GetAsync($"/orchestrations?hub=hot-1&instance_id=ticket/{id}") is { Status: 200 });
        await Eventually.IsAsync(async () => (await app.Admin.GetAsync($"/orchestrations?hub=hot-0&instance_id=ticket/{id}")).Ok().Text("status") == "completed");

        // It waits for the child that it made before, and makes no other.
        await app.Admin.CloseAsync(children, Assert.Single(await _scene.FindAsync(children)).Text("ticket_id")!);
        await _scene.SentOnAsync(queue, id);
        Assert.Single(await _scene.FindAsync(children));
    }

    [Fact]
    public async Task A_ticket_that_is_opened_again_at_once_lives_on_however_far_its_last_life_was_from_its_end()
    {
        var queue = await _scene.QueueAsync(
            """{"to": ["closed"], "lifetime": "PT1H", "group": "x", "remind_every": "PT1H"}""", closed: """{"to": ["open-"], "terminal": true, "resolutions": ["fixed"], "resolution_required": true}""", shard: "hot-0");
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.Admin.CreateAsync(queue)));
        await Task.WhenAll(ids.Select(async id =>
        {
            for (var i = 0; i < 3; i++)
            {
                await app.Admin.CloseAsync(queue, id);
                (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "open"}, "unset": ["resolution"]}""")).Ok();
            }
        }));

        // Those told of their end have all come to it by the time that nothing is left to be read.
        var shard = app.Stack.Shards["hot-0"];
        var mine = $"instance_id in ({string.Join(", ", ids.Select(id => $"'ticket/{id}'"))})";
        await Eventually.IsAsync(async () => await LifecycleScene.CountAsync(shard, $"select count(*) from orchestration_ready where {mine} and (owner is not null or pending > 0)") == 0);
        Assert.Equal(20, await LifecycleScene.CountAsync(shard, $"select count(*) from orchestration_ready where {mine}"));
    }

    [Fact]
    public async Task A_ticket_that_moves_to_another_shard_in_the_middle_of_its_steps_does_none_of_them_again()
    {
        var workflow = LifecycleScene.Name("wf");
        var children = await _scene.QueueAsync("""{"to": ["closed"]}""");
        var from = await _scene.QueueAsync(
            $$"""{"to": ["open2", "closed"], "lifetime": "PT5H", "steps": [{"create": {"queue": "{{children}}"} }, {"until_closed": "children"}, {"send_on": true}]}""", workflow: workflow, shard: "hot-0");
        var to = await app.NewQueueAsync(shard: "hot-1", workflow: workflow);
        var id = await app.Admin.CreateAsync(from);
        await Eventually.IsAsync(async () => await _scene.LifeAsync(id) is { } life && life.StepsTaken == 1);
        var since = (await _scene.LifeAsync(id))!.Since;

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{from}}", "set": {"queue": "{{to}}"} }""")).Ok();
        await Eventually.IsAsync(async () => await _scene.LifeAsync(id, "hot-1") is { StepsTaken: 1 } life && life.Since == since);

        await app.Admin.CloseAsync(children, Assert.Single(await _scene.FindAsync(children)).Text("ticket_id")!);
        await _scene.SentOnAsync(to, id);
        Assert.Single(await _scene.FindAsync(children));
    }

    [Fact]
    public async Task A_life_that_an_earlier_version_began_goes_on_from_where_it_was()
    {
        var group = LifecycleScene.Name("old");
        var children = await _scene.QueueAsync("""{"to": ["closed"]}""");
        var queue = await _scene.QueueAsync(
            $$"""{"to": ["open2", "closed"], "remind_every": "PT1H", "group": "{{group}}", "steps": [{"create": {"queue": "{{children}}"} }, {"until_closed": "children"}, {"send_on": true}]}""");
        var id = await app.Admin.CreateAsync(queue);
        await Eventually.IsAsync(async () => await _scene.LifeAsync(id) is { } life && life.StepsTaken == 1);
        var child = Assert.Single(await _scene.FindAsync(children)).Text("ticket_id")!;
        await _scene.QuietAsync(id);
        await _scene.AgeAsync(id);

        // As that version left it: another name, a history that this one cannot replay, a record without what is recorded now.
        await LifecycleScene.ExecuteAsync(await _scene.ShardOfAsync(id), $$"""
            update orchestration_ready set name = 'ticket-lifecycle', due_at = 'infinity' where instance_id = 'ticket/{{id}}';
            update orchestrations set name = 'ticket-lifecycle', custom_status = json_build_object('shard', custom_status->>'shard', 'ticketId', {{id}}, 'status', 'open', 'since', custom_status->>'since',
                'enteredVersion', 1, 'reminded', 0, 'stepsTaken', 1, 'stepsDone', false, 'timedOut', false, 'children', json_build_array({{child}})) where instance_id = 'ticket/{{id}}';
            delete from lifecycle_numbers where ticket_id = {{id}};
            """);
        await _scene.SweepUntilAsync(queue, async () => await LifecycleScene.CountAsync(await _scene.ShardOfAsync(id), $"select count(*) from orchestration_ready where instance_id = 'ticket/{id}' and name = 'ticket-life'") == 1);

        await app.Admin.CloseAsync(children, child);
        await _scene.SentOnAsync(queue, id);
        Assert.Single(await _scene.FindAsync(children));
    }
}
