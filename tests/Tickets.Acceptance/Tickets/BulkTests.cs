namespace Tickets.Acceptance.Tickets;

public class BulkTests(RunningApp app)
{
    [Fact]
    public async Task Each_item_succeeds_or_fails_alone_and_is_answered_in_its_place()
    {
        var queue = await app.NewQueueAsync("hot-0");
        var other = await app.NewQueueAsync("hot-1");
        var id = await app.Admin.CreateAsync(queue);

        var results = await BulkAsync($$"""
            {"create": {"queue": "{{queue}}", "meta": {"n": 1} } },
            {"update": {"ticket_id": "{{id}}", "queue": "{{queue}}", "expected": {"ticket.version": 7}, "set": {"group": "day"} } },
            {"create": {"queue": "no/such"} },
            {"update": {"ticket_id": "{{id}}", "set": {"status": "triaged"} } },
            {"create": {"queue": "{{other}}", "frob": 1} },
            {"create": {"queue": "{{other}}"} },
            {"update": {"ticket_id": "1", "queue": "{{queue}}", "set": {"group": "day"} } },
            {"frob": {} }
            """);

        Assert.Equal([200, 409, 400, 200, 400, 200, 404, 400], results.Select(result => result.Number("status")));
        Assert.Equal([null, "unmet_conditions", "queue_not_found", null, "unknown_member", null, "ticket_not_found", "invalid_field"], results.Select(result => result.TryGetProperty("code", out var code) ? code.GetString() : null));
        Assert.Equal(7, results[1].GetProperty("unmet")[0].Number("expected"));
        Assert.Equal(2, results[3].GetProperty("version").Number("ticket"));
        Assert.Equal("triaged", (await app.Admin.TicketAsync(queue, id)).Text("status"));
        Assert.Equal(1, (await app.Admin.TicketAsync(queue, results[0].Text("ticket_id")!)).GetProperty("meta").GetProperty("n").GetProperty("data").GetInt32());
        await app.Admin.TicketAsync(other, results[5].Text("ticket_id")!);
    }

    [Fact]
    public async Task Items_of_one_ticket_are_made_in_their_order()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        var results = await BulkAsync(string.Join(",", Enumerable.Range(1, 50).Select(version =>
            $$"""{"update": {"ticket_id": "{{id}}", "queue": "{{queue}}", "expected": {"ticket.version": {{version}} }, "set": {"meta.n": {{version}} } } }""")));

        Assert.All(results, result => Assert.Equal(200, result.Number("status")));
        Assert.Equal(51, (await app.Admin.TicketAsync(queue, id)).Number("version"));
    }

    [Fact]
    public async Task A_repeated_list_with_nonces_makes_its_tickets_once()
    {
        var queue = await app.NewQueueAsync();
        var items = string.Join(",", (await app.Admin.NoncesAsync(200)).Select((nonce, n) => $$"""{"create": {"nonce": "{{nonce}}", "queue": "{{queue}}", "meta": {"n": {{n}} } } }"""));

        var first = await BulkAsync(items);
        var again = await BulkAsync(items);

        Assert.Equal(first.Select(result => result.GetRawText()), again.Select(result => result.GetRawText()));
        Assert.Equal(200, first.Select(result => result.Text("ticket_id")).Distinct().Count());
        Assert.Equal(200, (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "projection": ["ticket_id"], "limit": 1000}""")).Ok().GetProperty("tickets").GetArrayLength());
    }

    [Fact]
    public async Task A_list_of_more_than_1000_or_none_is_refused()
    {
        (await app.Admin.PostAsync("/tickets/bulk", $$"""{"items": [{{string.Join(",", Enumerable.Repeat("{}", 1001))}}]}""")).Problem(400, "invalid_field", "/items");
        (await app.Admin.PostAsync("/tickets/bulk", """{"items": 1}""")).Problem(400, "invalid_field", "/items");
        (await app.Admin.PostAsync("/tickets/bulk", "{}")).Problem(400, "invalid_field", "/items");
        Assert.Empty(await BulkAsync(""));
    }

    [Fact]
    public async Task A_caller_changes_only_its_own_queues()
    {
        var mine = await app.NewQueueAsync(below: "bulk/mine");
        var theirs = await app.NewQueueAsync(below: "bulk/theirs");
        var id = await app.Admin.CreateAsync(theirs);
        var robot = await app.AsAsync(Role.Robot, "bulk/mine");

        var results = (await robot.PostAsync("/tickets/bulk", $$"""
            {"items": [{"create": {"queue": "{{mine}}"} }, {"create": {"queue": "{{theirs}}"} }, {"update": {"ticket_id": "{{id}}", "queue": "{{theirs}}", "set": {"group": "x"} } }, {"update": {"ticket_id": "{{id}}", "set": {"group": "x"} } }]}
            """)).Ok().GetProperty("results").EnumerateArray().Select(result => result.Number("status"));

        Assert.Equal([200, 403, 403, 404], results);
        Assert.Equal(1, (await app.Admin.TicketAsync(theirs, id)).Number("version"));
    }

    private async Task<List<JsonElement>> BulkAsync(string items) =>
        [.. (await app.Admin.PostAsync("/tickets/bulk", $$"""{"items": [{{items}}]}""")).Ok().GetProperty("results").EnumerateArray()];
}
