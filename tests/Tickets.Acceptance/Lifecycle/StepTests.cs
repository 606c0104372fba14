namespace Tickets.Acceptance.Lifecycle;

/// <summary>The steps of a status: they are done one after the other, and go on beside its clock.</summary>
public class StepTests(RunningApp app)
{
    private readonly LifecycleScene _scene = new(app);

    [Fact]
    public async Task Where_the_way_on_is_refused_the_other_ways_are_tried_in_order()
    {
        // The normal next wants a resolution, and does not say which.
        var queue = await _scene.QueueAsync("""{"to": ["closed+", "open2"], "steps": [{"send_on": true}]}""");
        var id = await app.Admin.CreateAsync(queue);

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
    }

    [Fact]
    public async Task Steps_tell_a_bot_make_a_child_wait_for_its_end_and_send_the_ticket_on()
    {
        await using var bot = Bot.Start();
        var children = await _scene.QueueAsync("""{"to": ["closed"]}""");
        var queue = await _scene.QueueAsync(
            $$"""{"to": ["open2", "closed"], "steps": [{"webhook": "{{bot.Address}}"}, {"create": {"queue": "{{children}}", "group": "crew", "meta": {"job": {"size": 3} } } }, {"until_closed": "children"}, {"wait": "PT0.1S"}, {"send_on": true}]}""");
        var id = await app.Admin.CreateAsync(queue);

        var calls = await bot.UntilAsync(2);
        Assert.Single(calls.Select(call => call.Delivery).Distinct());
        Assert.Equal(["1", "2"], calls.Select(call => call.Attempt));
        Assert.All(calls, call => Assert.Equal(id, JsonElement.Parse(call.Body).Text("ticket_id")));
        Assert.All(calls, call => Assert.Equal(call.Signature, Bot.Sign(_scene.SecretAsync("webhooks").Result, call)));

        JsonElement child = default;
        await Eventually.IsAsync(async () => (await _scene.FindAsync(children)).Count == 1);
        child = (await _scene.FindAsync(children))[0];
        Assert.Equal((id, "crew"), (child.Text("parent_id"), child.Text("group")));
        Assert.Equal("open", (await app.Admin.TicketAsync(queue, id)).Text("status"));

        Assert.Single(await _scene.FindAsync(children));
        await app.Admin.CloseAsync(children, child.Text("ticket_id")!);
        await _scene.SentOnAsync(queue, id);
    }

    [Fact]
    public async Task Steps_wait_until_a_date_and_no_longer_than_the_lifetime_of_the_status()
    {
        var date = DateTimeOffset.UtcNow.AddSeconds(1.5).ToString("o");
        var dated = await _scene.QueueAsync($$"""{"to": ["open2", "closed"], "steps": [{"until": "{{date}}"}, {"send_on": true}]}""");
        var endless = await _scene.QueueAsync("""{"to": ["closed", "open2"], "lifetime": "PT0.5S", "on_timeout": "open2", "steps": [{"wait": "PT9H"}, {"create": {"queue": "never/made"} }]}""");
        var (waits, ends) = (await app.Admin.CreateAsync(dated), await app.Admin.CreateAsync(endless));

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(endless, ends)).Text("status") == "open2");
        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(dated, waits)).Text("status") == "open2");
        Assert.True(DateTimeOffset.UtcNow >= DateTimeOffset.Parse(date, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Steps_that_cannot_work_are_refused_with_every_fault()
    {
        var workflow = LifecycleScene.Name("wf");
        var body = LifecycleScene.Workflow(workflow, """{"to": ["closed"], "steps": [{"webhook": "ftp://x"}, {"wait": "soon"}, {"create": {}}, {}, {"send_on": false}, {"create": {"queue": "q", "group": "", "meta": {"no block": 1}}}]}""");
        var problem = (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", body, ("If-None-Match", "*"))).Problem(400, "invalid_workflow");
        Assert.Equal(
            ["/statuses/open/steps/0/webhook", "/statuses/open/steps/1/wait", "/statuses/open/steps/2/create/queue", "/statuses/open/steps/3", "/statuses/open/steps/4/send_on", "/statuses/open/steps/5/create/group", "/statuses/open/steps/5/create/meta/no block"],
            problem.GetProperty("errors").EnumerateArray().Select(error => error.Text("pointer")));
    }

    [Fact]
    public async Task A_step_that_can_never_work_makes_the_error_ticket_at_once_and_one_that_a_bot_refuses_is_not_tried_again()
    {
        await using var bot = Bot.Start(answer: 410);
        var refused = await _scene.QueueAsync($$"""{"to": ["open2", "closed"], "steps": [{"webhook": "{{bot.Address}}"}, {"send_on": true}]}""");
        var homeless = await _scene.QueueAsync("""{"to": ["open2", "closed"], "steps": [{"create": {"queue": "no/such"} }, {"send_on": true}]}""");
        var stuck = await _scene.QueueAsync("""{"to": ["closed+"], "steps": [{"send_on": true}], "error_queue": "no/such"}""");
        var (first, second, third) = (await app.Admin.CreateAsync(refused), await app.Admin.CreateAsync(homeless), await app.Admin.CreateAsync(stuck));

        Assert.Contains("410", await _scene.WhyStuckAsync(refused, first), StringComparison.Ordinal);
        Assert.Contains("There is no queue 'no/such'", await _scene.WhyStuckAsync(homeless, second), StringComparison.Ordinal);
        Assert.Contains("resolution", await _scene.WhyStuckAsync(stuck, third), StringComparison.Ordinal);

        // The ticket about it, in the same queue, has the same step.
        Assert.Single(await bot.UntilAsync(1), call => JsonElement.Parse(call.Body).Text("ticket_id") == first);
        Assert.Equal("open", (await app.Admin.TicketAsync(refused, first)).Text("status"));
    }

    [Fact]
    public async Task Waiting_for_a_ticket_that_was_never_made_is_an_error_that_names_it()
    {
        var queue = await _scene.QueueAsync("""{"to": ["open2", "closed"], "steps": [{"until_closed": "999999999999"}, {"send_on": true}]}""");
        var id = await app.Admin.CreateAsync(queue);

        Assert.Contains("999999999999", await _scene.WhyStuckAsync(queue, id), StringComparison.Ordinal);
        Assert.Equal("open", (await app.Admin.TicketAsync(queue, id)).Text("status"));
    }

    [Fact]
    public async Task However_long_a_ticket_waits_for_another_its_history_stays_short()
    {
        var others = await _scene.QueueAsync("""{"to": ["closed"]}""");
        var other = await app.Admin.CreateAsync(others);
        // Each reminder is a turn like each look.
        var queue = await _scene.QueueAsync($$"""{"to": ["open2", "closed"], "remind_every": "PT0.1S", "group": "x", "steps": [{"until_closed": "{{other}}"}, {"send_on": true}]}""");
        var id = await app.Admin.CreateAsync(queue);
        var shard = await _scene.ShardOfAsync(id);

        await Eventually.IsAsync(async () => await LifecycleScene.CountAsync(shard, $"select execution::bigint from orchestrations where instance_id = 'ticket/{id}'") >= 1);
        Assert.InRange(await LifecycleScene.CountAsync(shard, $"select count(*) from orchestration_history where instance_id = 'ticket/{id}'"), 0, 250);
        // An execution that has just begun shows nothing before its first step.
        await Eventually.IsAsync(async () => await _scene.LifeAsync(id) is { StepTries: > 1 });

        await app.Admin.CloseAsync(others, other);
        await _scene.SentOnAsync(queue, id);
    }
}
