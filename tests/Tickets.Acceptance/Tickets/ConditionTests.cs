namespace Tickets.Acceptance.Tickets;

public class ConditionTests(RunningApp app)
{
    private const string Holding = """
        {"ticket.version": 2, "ticket.status": "triaged", "ticket.resolution": "fixed", "meta.report": {"version": 2}, "meta.note": {"exists": false}, "meta.empty": {"exists": true}}
        """;

    private const string Failing = """
        {"ticket.version": 1, "ticket.status": "reported", "ticket.resolution": null, "meta.report": {"version": 1}, "meta.note": {"version": 7}, "meta.other": {"exists": true}, "meta.empty": {"exists": false}}
        """;

    [Fact]
    public async Task If_Match_with_a_star_asks_only_that_there_is_a_ticket()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"group": "day"} }""", ("If-Match", "*"))).Ok();
        (await app.Admin.PatchAsync("/tickets/999999999", $$"""{"queue": "{{queue}}", "set": {"group": "day"} }""", ("If-Match", "*"))).Problem(404, "ticket_not_found");
    }

    [Fact]
    public async Task An_update_whose_conditions_all_hold_is_made()
    {
        var (queue, id) = await TicketAsync();

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "expected": {{Holding}}, "set": {"group": "day"} }""")).Ok();

        Assert.Equal("day", (await app.Admin.TicketAsync(queue, id)).Text("group"));
    }

    [Fact]
    public async Task All_unmet_conditions_are_told_with_what_was_expected_and_what_stands_and_nothing_is_changed()
    {
        var (queue, id) = await TicketAsync();
        var before = await app.Admin.TicketAsync(queue, id);

        var answer = await app.Admin.PatchAsync($"/tickets/{id}", $$"""
            {"queue": "{{queue}}", "expected": {{Failing}}, "set": {"status": "closed", "group": "day", "meta.report": 9, "indexed_meta.cost": 9}, "unset": ["meta.empty"]}
            """);

        answer.Problem(409, "unmet_conditions").GetProperty("unmet").Is("""
            [{"condition": "ticket.version", "expected": 1, "actual": 2},
             {"condition": "ticket.status", "expected": "reported", "actual": "triaged"},
             {"condition": "ticket.resolution", "expected": null, "actual": "fixed"},
             {"condition": "meta.report", "expected": {"version": 1}, "actual": {"version": 2}},
             {"condition": "meta.note", "expected": {"version": 7}, "actual": {"exists": false}},
             {"condition": "meta.other", "expected": {"exists": true}, "actual": {"exists": false}},
             {"condition": "meta.empty", "expected": {"exists": false}, "actual": {"version": 1}}]
            """);
        (await app.Admin.TicketAsync(queue, id)).Is(before.GetRawText());
    }

    [Fact]
    public async Task Conditions_are_judged_before_the_transition()
    {
        var (queue, id) = await TicketAsync();

        var answer = await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "expected": {"ticket.version": 1}, "set": {"status": "reported"} }""");

        answer.Problem(409, "unmet_conditions");
    }

    [Fact]
    public async Task A_removed_block_has_no_version()
    {
        var (queue, id) = await TicketAsync();
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "unset": ["meta.report"]}""")).Ok();

        var answer = await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "expected": {"meta.report": {"version": 3} } }""");

        answer.Problem(409, "unmet_conditions").GetProperty("unmet").Is("""[{"condition": "meta.report", "expected": {"version": 3}, "actual": {"exists": false}}]""");
    }

    [Fact]
    public async Task If_Match_of_the_version_that_stands_lets_the_update_through()
    {
        var (queue, id) = await TicketAsync();
        var etag = (await app.Admin.GetAsync($"/tickets/{id}?queue={queue}")).Headers["ETag"];

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"group": "day"} }""", ("If-Match", etag))).Ok();
    }

    [Fact]
    public async Task If_Match_of_another_version_answers_412_with_the_same_body_as_the_condition()
    {
        var (queue, id) = await TicketAsync();

        var answer = await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "expected": {"ticket.status": "closed"}, "set": {"group": "day"} }""", ("If-Match", "\"1\""));

        answer.Problem(412, "unmet_conditions").GetProperty("unmet").Is("""
            [{"condition": "ticket.status", "expected": "closed", "actual": "triaged"}, {"condition": "ticket.version", "expected": 1, "actual": 2}]
            """);
        Assert.Equal("night", (await app.Admin.TicketAsync(queue, id)).Text("group"));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("\"x\"")]
    [InlineData("W/\"2\"")]
    [InlineData("\"\"")]
    [InlineData("\"2\", \"3\"")]
    [InlineData("\"-2\"")]
    [InlineData("\"9223372036854775808\"")]
    public async Task An_If_Match_that_is_no_version_is_refused(string tag)
    {
        var (queue, id) = await TicketAsync();

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}"}""", ("If-Match", tag))).Problem(400, "invalid_header");
    }

    /// <summary>Triaged and fixed, version 2, with block report at version 2 and block empty at version 1.</summary>
    private async Task<(string Queue, string Id)> TicketAsync()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue, "\"group\": \"night\", \"meta\": {\"report\": 1, \"empty\": null}");
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "triaged", "resolution": "fixed", "meta.report": 2} }""")).Ok();
        return (queue, id);
    }
}
