namespace Tickets.Acceptance.Tickets;

public class TransitionTests(RunningApp app)
{
    [Fact]
    public async Task A_step_that_the_workflow_does_not_have_is_refused_with_the_allowed_ones_and_nothing_is_changed()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        var before = await app.Admin.TicketAsync(queue, id);

        var problem = (await UpdateAsync(queue, id, """{"status": "repaired", "group": "day", "meta.a": 1}""")).Problem(409, "transition_not_allowed");

        Assert.Equal(("reported", "repaired"), (problem.Text("from"), problem.Text("to")));
        Assert.Equal(["triaged", "closed"], problem.Texts("allowed"));
        (await app.Admin.TicketAsync(queue, id)).Is(before.GetRawText());
    }

    [Fact]
    public async Task Every_step_of_a_workflow_can_be_taken_in_turn()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        foreach (var status in new[] { "triaged", "repaired", "triaged", "repaired" })
            (await UpdateAsync(queue, id, $$"""{"status": "{{status}}"}""")).Ok();
        (await UpdateAsync(queue, id, """{"status": "closed", "resolution": "no_damage"}""")).Ok();

        Assert.Equal("closed", (await app.Admin.TicketAsync(queue, id)).Text("status"));
    }

    [Fact]
    public async Task The_status_that_stands_may_be_set_again()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        (await UpdateAsync(queue, id, """{"status": "reported"}""")).Ok();
    }

    [Theory]
    [InlineData("""{"status": "closed"}""")]
    [InlineData("""{"status": "closed", "resolution": "invented"}""")]
    public async Task A_status_that_requires_a_resolution_is_not_entered_without_one_of_its_own(string set)
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        var answer = await UpdateAsync(queue, id, set);

        if (set.Contains("invented", StringComparison.Ordinal))
            answer.Problem(400, "invalid_field", "/set/resolution");
        else
            answer.Problem(409, "transition_not_allowed");
    }

    [Fact]
    public async Task A_step_that_clears_the_resolution_is_only_taken_when_it_is_unset()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, id);

        var problem = (await UpdateAsync(queue, id, """{"status": "triaged"}""")).Problem(409, "transition_not_allowed");
        Assert.Equal(["triaged-"], problem.Texts("allowed"));
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "triaged"}, "unset": ["resolution"]}""")).Ok();

        var ticket = await app.Admin.TicketAsync(queue, id);
        Assert.Equal(("triaged", null, null), (ticket.Text("status"), ticket.Text("resolution"), ticket.Text("closed_at")));
    }

    [Fact]
    public async Task A_resolution_that_the_status_requires_cannot_be_unset_in_it()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, id);

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "unset": ["resolution"]}""")).Problem(409, "transition_not_allowed");
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"resolution": "duplicate"} }""")).Ok();
    }

    [Fact]
    public async Task A_step_with_a_resolution_must_set_that_one()
    {
        var queue = await QueueAsync("""
            {"open": {"to": ["done+fixed", "done+duplicate", "waiting+"]}, "waiting": {"to": ["open-"], "resolutions": ["later"]},
             "done": {"terminal": true, "resolutions": ["fixed", "duplicate", "lost"]}}
            """);
        var id = await app.Admin.CreateAsync(queue);

        var problem = (await UpdateAsync(queue, id, """{"status": "done", "resolution": "lost"}""")).Problem(409, "transition_not_allowed");
        Assert.Equal(["done+fixed", "done+duplicate", "waiting+"], problem.Texts("allowed"));
        (await UpdateAsync(queue, id, """{"status": "done"}""")).Problem(409, "transition_not_allowed");
        (await UpdateAsync(queue, id, """{"status": "waiting"}""")).Problem(409, "transition_not_allowed");
        (await UpdateAsync(queue, id, """{"status": "waiting", "resolution": "fixed"}""")).Problem(409, "transition_not_allowed");
        (await UpdateAsync(queue, id, """{"status": "waiting", "resolution": "later"}""")).Ok();
        (await UpdateAsync(queue, id, """{"status": "open"}""")).Problem(409, "transition_not_allowed");
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "open"}, "unset": ["resolution"]}""")).Ok();
        (await UpdateAsync(queue, id, """{"status": "done", "resolution": "duplicate"}""")).Ok();
    }

    [Fact]
    public async Task A_new_status_is_not_accepted_by_anyone_yet()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        (await app.Admin.PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "ada"}""")).Ok();

        (await UpdateAsync(queue, id, """{"group": "day"}""")).Ok();
        Assert.Equal("ada", (await app.Admin.TicketAsync(queue, id)).Text("accepted_by"));
        (await UpdateAsync(queue, id, """{"status": "triaged"}""")).Ok();

        Assert.Null((await app.Admin.TicketAsync(queue, id)).Text("accepted_by"));
    }

    private Task<Answer> UpdateAsync(string queue, string id, string set) => app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {{set}} }""");

    private async Task<string> QueueAsync(string statuses)
    {
        var workflow = RunningApp.NewName("transitions");
        (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", $$"""{"workflow_id": "{{workflow}}", "initial": "open", "statuses": {{statuses}} }""", ("If-None-Match", "*"))).Ok();
        return await app.NewQueueAsync(workflow: workflow);
    }
}
