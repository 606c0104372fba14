namespace Tickets.Acceptance.Tickets;

public class AcceptTicketTests(RunningApp app)
{
    [Fact]
    public async Task Whoever_accepts_first_holds_the_ticket()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        (await AcceptAsync(queue, id, "ada")).Ok().GetProperty("version").Is("""{"ticket": 2, "meta": {}}""");
        var refused = (await AcceptAsync(queue, id, "bob")).Problem(409, "already_accepted");

        Assert.Equal("ada", refused.Text("accepted_by"));
        Assert.Equal("ada", (await app.Admin.TicketAsync(queue, id)).Text("accepted_by"));
    }

    [Fact]
    public async Task Accepting_again_changes_nothing()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        (await AcceptAsync(queue, id, "ada")).Ok();

        (await AcceptAsync(queue, id, "ada")).Ok().GetProperty("version").Is("""{"ticket": 2, "meta": {}}""");

        Assert.Equal(2, (await app.Admin.TicketAsync(queue, id)).Number("version"));
    }

    [Fact]
    public async Task Of_many_who_accept_at_once_through_two_processes_one_gets_the_ticket()
    {
        var queue = await app.NewQueueAsync();
        Api[] processes = [app.Admin, await app.SecondAsync()];
        var id = await app.Admin.CreateAsync(queue);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => processes[i % 2].PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "robot {{i}}"}""")));

        var winner = Array.IndexOf(answers, Assert.Single(answers, answer => answer.Status == 200));
        Assert.All(answers.Where((_, i) => i != winner), answer => Assert.Equal($"robot {winner}", answer.Problem(409, "already_accepted").Text("accepted_by")));
    }

    [Fact]
    public async Task A_closed_ticket_cannot_be_accepted()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, id);

        var refused = (await AcceptAsync(queue, id, "ada")).Problem(409, "unmet_conditions");

        var closedAt = (await app.Admin.TicketAsync(queue, id)).Text("closed_at");
        refused.GetProperty("unmet").Is($$"""[{"condition": "ticket.closed_at", "expected": null, "actual": "{{closedAt}}"}]""");
        Assert.Null((await app.Admin.TicketAsync(queue, id)).Text("accepted_by"));
    }

    [Fact]
    public async Task Who_accepts_has_a_name()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        (await app.Admin.PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}"}""")).Problem(400, "invalid_field", "/by");
        (await AcceptAsync(queue, id, "")).Problem(400, "invalid_field", "/by");
        (await AcceptAsync(queue, id, new string('x', 129))).Problem(400, "invalid_field", "/by");
        (await app.Admin.PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "ada", "as": "x"}""")).Problem(400, "unknown_member", "/as");
    }

    [Fact]
    public async Task A_ticket_that_is_not_there_cannot_be_accepted()
    {
        var queue = await app.NewQueueAsync();

        (await AcceptAsync(queue, "999999999999", "ada")).Problem(404, "ticket_not_found");
    }

    private Task<Answer> AcceptAsync(string queue, string id, string by) => app.Admin.PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "{{by}}"}""");
}
