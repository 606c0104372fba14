namespace Tickets.Acceptance.Tickets;

public class UpdateTicketTests(RunningApp app)
{
    [Fact]
    public async Task An_update_sets_everything_that_can_be_set()
    {
        var queue = await app.NewQueueAsync("hot-1");
        var id = await app.Admin.CreateAsync(queue, "\"meta\": {\"report\": 1, \"old\": 2}, \"indexed_meta\": {\"miles\": 5}");

        var updated = (await app.Admin.PatchAsync($"/tickets/{id}", $$"""
            {"queue": "{{queue}}", "set": {"status": "closed", "resolution": "fixed", "group": "day", "meta.report": {"any": "json"}, "meta.new": [1],
             "indexed_meta.cost": 1200, "indexed_meta.state": "TX"} }
            """)).Ok();

        Assert.Equal(id, updated.Text("ticket_id"));
        updated.GetProperty("version").Is("""{"ticket": 2, "meta": {"report": 2, "new": 1}}""");
        Assert.Equal("hot-1", updated.GetProperty("op").Text("shard"));
        var op = (await app.Admin.GetAsync($"/oplog?queue={queue}")).Ok().GetProperty("ops")[1];
        Assert.Equal(op.Number("opid"), updated.GetProperty("op").Number("opid"));

        var ticket = await app.Admin.TicketAsync(queue, id);
        Assert.Equal(("closed", "fixed", "day", 2), (ticket.Text("status"), ticket.Text("resolution"), ticket.Text("group"), ticket.Number("version")));
        ticket.GetProperty("indexed_meta").Is("""{"cost": 1200, "state": "TX", "miles": 5}""");
        ticket.GetProperty("meta").Is("""{"report": {"version": 2, "data": {"any": "json"}}, "new": {"version": 1, "data": [1]}, "old": {"version": 1, "data": 2}}""");
        Assert.Equal(ticket.Text("updated_at"), ticket.Text("closed_at"));
        Assert.True(string.CompareOrdinal(ticket.Text("created_at"), ticket.Text("updated_at")) < 0);
    }

    [Fact]
    public async Task An_update_unsets_everything_that_can_be_unset()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue, "\"group\": \"night\", \"meta\": {\"draft\": 1, \"report\": 2}, \"indexed_meta\": {\"cost\": 5, \"state\": \"TX\"}");
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"resolution": "fixed"} }""")).Ok();

        var updated = (await app.Admin.PatchAsync($"/tickets/{id}", $$"""
            {"queue": "{{queue}}", "unset": ["resolution", "group", "meta.draft", "meta.never", "indexed_meta.state", "indexed_meta.miles"]}
            """)).Ok();

        updated.GetProperty("version").Is("""{"ticket": 3, "meta": {}}""");
        var ticket = await app.Admin.TicketAsync(queue, id);
        Assert.Equal((null, null), (ticket.Text("resolution"), ticket.Text("group")));
        ticket.GetProperty("indexed_meta").Is("""{"cost": 5}""");
        ticket.GetProperty("meta").Is("""{"report": {"version": 1, "data": 2}}""");
    }

    [Fact]
    public async Task A_block_that_is_made_again_goes_on_counting()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue, "\"meta\": {\"draft\": 1}");
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "unset": ["meta.draft"]}""")).Ok();

        var updated = (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "expected": {"meta.draft": {"exists": false} }, "set": {"meta.draft": 2} }""")).Ok();

        updated.GetProperty("version").Is("""{"ticket": 3, "meta": {"draft": 3}}""");
    }

    [Fact]
    public async Task A_ticket_is_found_without_naming_its_queue()
    {
        var queue = await app.NewQueueAsync("hot-1");
        var id = await app.Admin.CreateAsync(queue);

        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"group": "day"}}""")).Ok();

        Assert.Equal("day", (await app.Admin.TicketAsync(queue, id)).Text("group"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"expected": {}, "set": {}, "unset": []}""")]
    [InlineData("""{"set": {"queue": "QUEUE"}}""")]
    [InlineData("""{"expected": {"ticket.version": 1, "meta.a": {"exists": true}}}""")]
    public async Task An_update_that_asks_for_no_change_answers_what_stands_and_writes_nothing(string body)
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue, "\"meta\": {\"a\": 1}");
        var before = await app.Admin.TicketAsync(queue, id);
        var cursor = (await app.Admin.GetAsync($"/oplog?cursor=now&queue={queue}")).Ok().Text("next_cursor");

        (await app.Admin.PatchAsync($"/tickets/{id}", body.Replace("QUEUE", queue, StringComparison.Ordinal), ("If-Match", "\"1\""))).Ok()
            .Is($$"""{"ticket_id": "{{id}}", "version": {"ticket": 1, "meta": {} } }""");

        (await app.Admin.TicketAsync(queue, id)).Is(before.GetRawText());
        Assert.Equal(0, (await app.Admin.GetAsync($"/oplog?cursor={cursor}&queue={queue}")).Ok().GetProperty("ops").GetArrayLength());
    }

    [Fact]
    public async Task An_update_that_asks_for_no_change_still_checks_its_conditions()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        (await app.Admin.PatchAsync($"/tickets/{id}", """{"expected": {"ticket.version": 2}}""")).Problem(409, "unmet_conditions");
        (await app.Admin.PatchAsync($"/tickets/{id}", "{}", ("If-Match", "\"2\""))).Problem(412, "unmet_conditions");
        (await app.Admin.PatchAsync("/tickets/999999999999", "{}")).Problem(404, "ticket_not_found");
    }

    [Fact]
    public async Task A_ticket_moves_to_a_queue_that_another_process_has_just_made()
    {
        var id = await app.Admin.CreateAsync(await app.NewQueueAsync());
        var second = await app.SecondAsync();
        for (var i = 0; i < 3; i++)
        {
            var made = await app.NewQueueAsync();
            (await second.PatchAsync($"/tickets/{id}", $$"""{"set": {"queue": "{{made}}"} }""")).Ok();
        }
    }

    [Fact]
    public async Task A_move_to_a_queue_that_does_not_exist_says_so()
    {
        var id = await app.Admin.CreateAsync(await app.NewQueueAsync());

        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"queue": "no/such/queue", "status": "x"}}""")).Problem(400, "queue_not_found", "/set/queue");
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"queue": 5}}""")).Problem(400, "invalid_field", "/set/queue");
    }

    [Fact]
    public async Task The_id_of_the_ticket_is_a_member_only_in_bulk()
    {
        var id = await app.Admin.CreateAsync(await app.NewQueueAsync());

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"ticket_id": "{{id}}", "set": {} }""")).Problem(400, "unknown_member", "/ticket_id");
        var item = (await app.Admin.PostAsync("/tickets/bulk", $$"""{"items": [{"update": {"ticket_id": "{{id}}", "set": {"group": "day"} } }]}""")).Ok().GetProperty("results")[0];
        Assert.Equal(200, item.Number("status"));
    }

    [Theory]
    [InlineData("resolution")]
    [InlineData("group")]
    [InlineData("meta.a")]
    [InlineData("indexed_meta.cost")]
    public async Task A_name_that_is_unset_twice_is_refused_as_named_twice(string name)
    {
        var id = await app.Admin.CreateAsync(await app.NewQueueAsync());

        var answer = await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"unset": ["{{name}}", "{{name}}"]}""");

        answer.Problem(400, "invalid_field", "/unset/1");
        Assert.Contains($"{name} is named twice", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"version": 3, "exists": false}""", "/expected/meta.c")]
    [InlineData("""{"version": -1}""", "/expected/meta.c/version")]
    [InlineData("""{"version": null}""", "/expected/meta.c")]
    public async Task A_condition_on_a_block_that_can_never_hold_is_one_fault(string condition, string pointer)
    {
        var id = await app.Admin.CreateAsync(await app.NewQueueAsync());

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"expected": {"meta.c": {{condition}} } }""")).Problem(400, "invalid_field", pointer);
    }

    [Fact]
    public async Task A_ticket_that_is_nowhere_or_in_another_queue_is_not_found()
    {
        var (queue, other) = (await app.NewQueueAsync(), await app.NewQueueAsync());
        var id = await app.Admin.CreateAsync(queue);

        (await app.Admin.PatchAsync("/tickets/999999999999", $$"""{"queue": "{{queue}}", "set": {"group": "x"} }""")).Problem(404, "ticket_not_found");
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{other}}", "set": {"group": "x"} }""")).Problem(404, "ticket_not_found");
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"queue": "no/such/queue"}""")).Problem(400, "queue_not_found", "/queue");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("01")]
    [InlineData("x")]
    [InlineData("1.0")]
    [InlineData("9223372036854775808")]
    [InlineData("%D9%A1")]
    public async Task What_is_no_ticket_id_is_refused(string id)
    {
        (await app.Admin.PatchAsync($"/tickets/{id}", "{}")).Problem(400, "invalid_ticket_id");
        (await app.Admin.GetAsync($"/tickets/{id}")).Problem(400, "invalid_ticket_id");
        (await app.Admin.PostAsync($"/tickets/{id}/accept", """{"by": "me"}""")).Problem(400, "invalid_ticket_id");
    }

    [Fact]
    public async Task Every_fault_of_an_update_is_named_at_once()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        var answer = await app.Admin.PatchAsync($"/tickets/{id}", $$"""
            {"queue": "{{queue}}",
             "expected": {"ticket.version": "1", "ticket.status": 1, "ticket.resolution": 1, "meta.a": 1, "meta.b": {}, "meta.c": {"version": -1}, "meta.no space": {"exists": true} },
             "set": {"status": "unheard of", "resolution": "unheard of", "group": "", "queue": 1, "meta.no space": 1, "indexed_meta.cost": "x", "indexed_meta.nosuch": 1},
             "unset": ["status", "meta.no space", "indexed_meta.nosuch", 1]}
            """);

        answer.Problem(
            400, "invalid_field",
            "/expected/ticket.version", "/expected/ticket.status", "/expected/ticket.resolution", "/expected/meta.a", "/expected/meta.b", "/expected/meta.c/version", "/expected/meta.no space",
            "/set/status", "/set/resolution", "/set/group", "/set/queue", "/set/meta.no space", "/set/indexed_meta.cost", "/set/indexed_meta.nosuch",
            "/unset/0", "/unset/1", "/unset/2", "/unset/3");
    }

    [Fact]
    public async Task Unknown_members_of_an_update_are_named()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        var answer = await app.Admin.PatchAsync($"/tickets/{id}", $$"""
            {"queue": "{{queue}}", "sets": {}, "expected": {"version": 1, "ticket.group": "x", "meta.a": {"exists": true, "hash": 1} }, "set": {"version": 3, "closed_at": "now"} }
            """);

        answer.Problem(400, "unknown_member", "/sets", "/expected/version", "/expected/ticket.group", "/expected/meta.a/hash", "/set/version", "/set/closed_at");
    }

    [Theory]
    [InlineData("""{"set": {"resolution": "fixed"}, "unset": ["resolution"]}""")]
    [InlineData("""{"set": {"group": "x"}, "unset": ["group"]}""")]
    [InlineData("""{"set": {"meta.a": 1}, "unset": ["meta.a"]}""")]
    [InlineData("""{"set": {"indexed_meta.cost": 1}, "unset": ["indexed_meta.cost"]}""")]
    public async Task The_same_thing_cannot_be_set_and_unset(string body)
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        (await app.Admin.PatchAsync($"/tickets/{id}", body)).Problem(400, "invalid_field", "/unset");

        Assert.Equal(1, (await app.Admin.TicketAsync(queue, id)).Number("version"));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("resolution")]
    [InlineData("group")]
    [InlineData("queue")]
    public async Task Null_sets_nothing(string member)
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"set": {"{{member}}": null} }""")).Problem(400, "invalid_field", $"/set/{member}");
    }

    [Fact]
    public async Task A_ticket_moves_to_another_queue_with_all_that_it_has()
    {
        var (queue, other) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0"));
        var id = await app.Admin.CreateAsync(queue, "\"group\": \"night\", \"meta\": {\"report\": {\"birds\": 3}, \"draft\": 1}, \"indexed_meta\": {\"cost\": 5, \"state\": \"TX\"}");
        var before = await app.Admin.TicketAsync(queue, id);

        var moved = (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"queue": "{{other}}", "meta.report": {"birds": 4} }, "unset": ["meta.draft"]}""")).Ok();

        moved.GetProperty("version").Is("""{"ticket": 2, "meta": {"report": 2}}""");
        (await app.Admin.GetAsync($"/tickets/{id}?queue={queue}")).Problem(404, "ticket_not_found");
        var after = await app.Admin.TicketAsync(other, id);
        after.GetProperty("indexed_meta").Is(before.GetProperty("indexed_meta").GetRawText());
        after.GetProperty("meta").Is("""{"report": {"version": 2, "data": {"birds": 4}}}""");
        Assert.Equal((other, "night", before.Text("created_at")), (after.Text("queue"), after.Text("group"), after.Text("created_at")));
        (await app.Admin.GetAsync($"/tickets/{id}")).Ok().Is(after.GetRawText());
    }

    [Fact]
    public async Task Concurrent_updates_through_two_processes_lose_nothing()
    {
        var queue = await app.NewQueueAsync();
        Api[] processes = [app.Admin, await app.SecondAsync()];
        var id = await app.Admin.CreateAsync(queue);

        await Task.WhenAll(Enumerable.Range(0, 32).Select(async i =>
            (await processes[i % 2].PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"meta.b{{i}}": {{i}} } }""")).Ok()));

        var ticket = await app.Admin.TicketAsync(queue, id);
        Assert.Equal(33, ticket.Number("version"));
        Assert.Equal(Enumerable.Range(0, 32).Sum(), ticket.GetProperty("meta").EnumerateObject().Sum(block => block.Value.Number("data")));
    }

    [Fact]
    public async Task Of_concurrent_updates_that_expect_one_version_one_succeeds()
    {
        var queue = await app.NewQueueAsync();
        Api[] processes = [app.Admin, await app.SecondAsync()];
        var id = await app.Admin.CreateAsync(queue);
        for (var version = 1; version <= 15; version++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
                processes[i % 2].PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "expected": {"ticket.version": {{version}} }, "set": {"meta.winner": {{i}} } }""")));

            var won = Array.IndexOf(answers, Assert.Single(answers, answer => answer.Status == 200));
            Assert.All(answers.Where((_, i) => i != won), answer => answer.Problem(409, "unmet_conditions"));
            Assert.Equal(won, (await app.Admin.TicketAsync(queue, id)).GetProperty("meta").GetProperty("winner").Number("data"));
        }
    }
}
