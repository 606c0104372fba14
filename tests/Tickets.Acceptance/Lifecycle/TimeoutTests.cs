namespace Tickets.Acceptance.Lifecycle;

/// <summary>What becomes of tickets whose lifetime is over.</summary>
public class TimeoutTests(RunningApp app)
{
    private readonly LifecycleScene _scene = new(app);

    [Fact]
    public async Task At_the_end_of_its_lifetime_a_ticket_takes_the_timeout_step_and_its_creator_is_told()
    {
        var creator = LifecycleScene.Name("robot");
        var queue = await _scene.QueueAsync("""{"to": ["closed", "open2"], "lifetime": "PT0.5S", "on_timeout": "open2"}""");
        var id = await app.Admin.CreateAsync(queue, $$""" "meta": {"created_by": "{{creator}}"} """);

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
        await Eventually.IsAsync(async () => (await _scene.KindsAsync(creator)).SequenceEqual(["timed_out"]));

        Assert.Equal(2, (await app.Admin.TicketAsync(queue, id)).Number("version"));
    }

    [Fact]
    public async Task Whoever_the_ticket_names_as_its_creator_when_it_runs_out_of_time_is_told_of_it()
    {
        var (first, second) = (LifecycleScene.Name("robot"), LifecycleScene.Name("robot"));
        var queue = await _scene.QueueAsync(
            """{"to": ["closed", "open2"], "lifetime": "PT0.5S", "on_timeout": "open2"}""", closed: """{"to": ["open-"], "terminal": true, "resolutions": ["fixed"], "resolution_required": true}""");
        var id = await app.Admin.CreateAsync(queue, $$""" "status": "open2", "meta": {"created_by": "{{first}}"} """);
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"meta.created_by": "{{second}}"} }""")).Ok();
        await app.Admin.CloseAsync(queue, id);
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "open"}, "unset": ["resolution"]}""")).Ok();

        await Eventually.IsAsync(async () => (await _scene.KindsAsync(second)).SequenceEqual(["timed_out"]));
        Assert.Empty(await _scene.KindsAsync(first));
    }

    [Fact]
    public async Task A_ticket_that_nobody_accepts_and_that_can_go_nowhere_gets_an_error_ticket_for_its_group_and_stays()
    {
        var group = LifecycleScene.Name("dispatch");
        var queue = await _scene.QueueAsync($$"""{"to": ["closed"], "lifetime": "PT0.5S", "remind_every": "PT1H", "group": "{{group}}"}""");
        var id = await app.Admin.CreateAsync(queue, """ "group": "night" """);

        await Eventually.IsAsync(async () => (await _scene.KindsAsync(group)).Contains("error_ticket"));
        var about = Assert.Single(await _scene.FindAsync(queue), ticket => ticket.Text("ticket_id") != id);

        Assert.Equal((id, group), (about.Text("parent_id"), about.Text("group")));
        Assert.Equal("open", (await app.Admin.TicketAsync(queue, id)).Text("status"));
        var error = (await app.Admin.TicketAsync(queue, about.Text("ticket_id")!)).GetProperty("meta").GetProperty("lifecycle_error").GetProperty("data");
        Assert.Equal((id, "open"), (error.Text("ticket_id"), error.Text("status")));
        // About the error ticket, whose lifetime ends too, none is made.
        await Eventually.IsAsync(async () => (await _scene.KindsAsync(group)).Contains("timed_out"));
        await Task.Delay(500);
        Assert.Equal(2, (await _scene.FindAsync(queue)).Count);
    }

    [Fact]
    public async Task Lifetimes_changed_in_the_settings_reach_tickets_that_wait_already()
    {
        var workflow = LifecycleScene.Name("wf");
        var queue = await _scene.QueueAsync("""{"to": ["closed", "open2"], "lifetime": "PT5H", "on_timeout": "open2"}""", workflow: workflow);
        var id = await app.Admin.CreateAsync(queue);
        await Task.Delay(1500);

        (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", LifecycleScene.Workflow(workflow, """{"to": ["closed", "open2"], "lifetime": "PT1S", "on_timeout": "open2"}"""), ("If-Match", await _scene.RevisionAsync(workflow)))).Ok();

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
    }

    [Fact]
    public async Task At_the_end_of_its_lifetime_a_ticket_is_closed_with_the_resolution_that_on_timeout_names()
    {
        const string Closed = """{"terminal": true, "resolutions": ["fixed", "dup"], "resolution_required": true}""";
        var either = await _scene.QueueAsync("""{"to": ["open2", "closed+fixed", "closed+dup"], "lifetime": "PT0.5S", "on_timeout": "closed+dup"}""", Closed);
        var any = await _scene.QueueAsync("""{"to": ["open2", "closed"], "lifetime": "PT0.5S", "on_timeout": "closed+dup"}""", Closed);

        foreach (var queue in new[] { either, any })
        {
            var id = await app.Admin.CreateAsync(queue);
            await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") != "open");
            var ticket = await app.Admin.TicketAsync(queue, id);
            Assert.Equal(("closed", "dup"), (ticket.Text("status"), ticket.Text("resolution")));
        }
    }

    [Fact]
    public async Task Acceptance_ends_the_lifetime_also_while_steps_run()
    {
        var queue = await _scene.QueueAsync("""{"to": ["closed", "open2"], "remind_every": "PT1H", "lifetime": "PT2S", "on_timeout": "open2", "group": "x", "steps": [{"wait": "PT9H"}, {"send_on": true}]}""");
        var accepted = await app.Admin.CreateAsync(queue);
        await _scene.AcceptAsync(queue, accepted);
        var left = await app.Admin.CreateAsync(queue);

        // The one that came later has run out of its time: so would have the first.
        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, left)).Text("status") == "open2");
        Assert.Equal("open", (await app.Admin.TicketAsync(queue, accepted)).Text("status"));
        await _scene.WaitingAsync(accepted, shown => shown.TryGetProperty("due_at", out var due) && due.GetDateTimeOffset() > DateTimeOffset.UtcNow.AddHours(8));
    }

    [Fact]
    public async Task A_lifetime_that_is_made_shorter_reaches_a_ticket_in_the_middle_of_a_step()
    {
        var workflow = LifecycleScene.Name("wf");
        var queue = await _scene.QueueAsync("""{"to": ["closed", "open2"], "lifetime": "PT5H", "on_timeout": "open2", "steps": [{"wait": "PT9H"}]}""", workflow: workflow);
        var id = await app.Admin.CreateAsync(queue);
        await Eventually.IsAsync(async () => await _scene.LifeAsync(id) is { } life && life.StepSince is not null);

        await _scene.ChangeAsync(workflow, """{"to": ["closed", "open2"], "lifetime": "PT1S", "on_timeout": "open2", "steps": [{"wait": "PT9H"}]}""");

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
    }
}
