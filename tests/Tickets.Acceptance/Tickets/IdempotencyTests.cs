namespace Tickets.Acceptance.Tickets;

public class IdempotencyTests(RunningApp app)
{
    private const string Header = "Idempotency-Key";

    [Fact]
    public async Task The_same_key_and_body_get_the_first_answer_again_and_change_nothing()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        var first = (await UpdateAsync(app.Admin, queue, id, "k1", 1)).Ok();
        (await UpdateAsync(app.Admin, queue, id, "k2", 2)).Ok();

        (await UpdateAsync(app.Admin, queue, id, "k1", 1)).Ok().Is(first.GetRawText());
        (await UpdateAsync(await app.SecondAsync(), queue, id, "k1", 1)).Ok().Is(first.GetRawText());

        var ticket = await app.Admin.TicketAsync(queue, id);
        Assert.Equal((3, 2), (ticket.Number("version"), ticket.GetProperty("meta").GetProperty("count").Number("data")));
    }

    [Fact]
    public async Task The_first_answer_comes_again_also_when_its_conditions_hold_no_more()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        var body = $$"""{"queue": "{{queue}}", "expected": {"ticket.version": 1}, "set": {"meta.a": 1} }""";
        var first = (await app.Admin.PatchAsync($"/tickets/{id}", body, (Header, "once"))).Ok();

        (await app.Admin.PatchAsync($"/tickets/{id}", body, (Header, "once"))).Ok().Is(first.GetRawText());
        (await app.Admin.PatchAsync($"/tickets/{id}", body)).Problem(409, "unmet_conditions");
    }

    [Fact]
    public async Task A_key_used_with_another_body_is_refused_and_belongs_to_its_ticket_on_every_shard()
    {
        var queue = await app.NewQueueAsync();
        var (id, other) = (await app.Admin.CreateAsync(queue), await app.Admin.CreateAsync(queue));
        (await UpdateAsync(app.Admin, queue, id, "k", 1)).Ok();

        (await UpdateAsync(app.Admin, queue, id, "k", 2)).Problem(422, "idempotency_key_reused");
        Assert.Equal(2, (await app.Admin.TicketAsync(queue, id)).Number("version"));

        var elsewhere = await app.NewQueueAsync("hot-1");
        foreach (var (where, ticket) in new[] { (queue, other), (elsewhere, await app.Admin.CreateAsync(elsewhere)) })
        {
            var first = (await UpdateAsync(app.Admin, where, ticket, "k", 1)).Ok();
            (await UpdateAsync(app.Admin, where, ticket, "k", 1)).Ok().Is(first.GetRawText());
            Assert.Equal(2, (await app.Admin.TicketAsync(where, ticket)).Number("version"));
        }
    }

    [Fact]
    public async Task A_key_goes_along_when_its_ticket_moves_to_another_shard()
    {
        var (queue, there) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-1"));
        var id = await app.Admin.CreateAsync(queue);
        var before = (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"meta.a": 1} }""", (Header, "before"))).Ok();
        var move = $$"""{"set": {"queue": "{{there}}", "meta.a": 2} }""";
        var moved = (await app.Admin.PatchAsync($"/tickets/{id}", move, (Header, "move"))).Ok();

        (await app.Admin.PatchAsync($"/tickets/{id}", move, (Header, "move"))).Ok().Is(moved.GetRawText());
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"meta.a": 1} }""", (Header, "before"))).Ok().Is(before.GetRawText());
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"meta.a": 3} }""", (Header, "before"))).Problem(422, "idempotency_key_reused");

        var ticket = await app.Admin.TicketAsync(there, id);
        Assert.Equal((3, 2), (ticket.Number("version"), ticket.GetProperty("meta").GetProperty("a").Number("data")));
    }

    [Fact]
    public async Task Concurrent_moves_to_another_shard_with_one_key_have_one_effect_and_one_answer()
    {
        var (queue, there) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-1"));
        Api[] processes = [app.Admin, await app.SecondAsync()];
        for (var round = 0; round < 8; round++)
        {
            var id = await app.Admin.CreateAsync(queue);
            var body = $$"""{"set": {"queue": "{{there}}", "meta.a": 1} }""";

            var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => processes[i % 2].PatchAsync($"/tickets/{id}", body, (Header, $"round {round}"))));

            // Whoever comes while the ticket is on its way may be told to try again, but never anything else.
            Assert.Single(answers.Where(answer => answer.Status != 503).Select(answer => answer.Ok().GetRawText()).Distinct());
            Assert.Equal(2, (await app.Admin.TicketAsync(there, id)).Number("version"));
        }
    }

    [Fact]
    public async Task A_retry_is_answered_before_the_workflow_of_the_tickets_new_queue_is_asked()
    {
        var workflow = RunningApp.NewName("plain");
        (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", $$"""{"workflow_id": "{{workflow}}", "initial": "reported", "statuses": {"reported": {"to": ["closed"]}, "closed": {"terminal": true} } }""", ("If-None-Match", "*"))).Ok();
        var (queue, plain) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0", workflow));
        var id = await app.Admin.CreateAsync(queue, """ "indexed_meta": {"cost": 5} """);
        const string Update = """{"set": {"indexed_meta.cost": 6} }""";
        var updated = (await app.Admin.PatchAsync($"/tickets/{id}", Update, (Header, "update"))).Ok();
        var move = $$"""{"set": {"queue": "{{plain}}"}, "unset": ["indexed_meta.cost"]}""";
        var moved = (await app.Admin.PatchAsync($"/tickets/{id}", move, (Header, "move"))).Ok();

        (await app.Admin.PatchAsync($"/tickets/{id}", move, (Header, "move"))).Ok().Is(moved.GetRawText());
        (await app.Admin.PatchAsync($"/tickets/{id}", Update, (Header, "update"))).Ok().Is(updated.GetRawText());

        (await app.Admin.PatchAsync($"/tickets/{id}", Update, (Header, "another"))).Problem(400, "invalid_field");
        Assert.Equal(3, (await app.Admin.TicketAsync(plain, id)).Number("version"));
    }

    [Fact]
    public async Task Callers_do_not_share_their_keys()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        (await UpdateAsync(app.Admin, queue, id, "mine", 1)).Ok();

        (await UpdateAsync(await app.AsAsync(Role.Robot), queue, id, "mine", 2)).Ok();

        Assert.Equal(3, (await app.Admin.TicketAsync(queue, id)).Number("version"));
    }

    [Fact]
    public async Task A_refused_update_leaves_its_key_unused()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        var body = $$"""{"queue": "{{queue}}", "expected": {"ticket.version": 2}, "set": {"meta.a": 1} }""";
        (await app.Admin.PatchAsync($"/tickets/{id}", body, (Header, "later"))).Problem(409, "unmet_conditions");
        (await UpdateAsync(app.Admin, queue, id, "other", 1)).Ok();

        (await app.Admin.PatchAsync($"/tickets/{id}", body, (Header, "later"))).Ok();
    }

    [Fact]
    public async Task Concurrent_updates_with_one_key_through_two_processes_have_one_effect_and_one_answer()
    {
        var queue = await app.NewQueueAsync();
        Api[] processes = [app.Admin, await app.SecondAsync()];
        var id = await app.Admin.CreateAsync(queue);
        for (var version = 1; version <= 40; version++)
        {
            var body = $$"""{"queue": "{{queue}}", "expected": {"ticket.version": {{version}} }, "set": {"meta.count": {{version}} } }""";

            var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => processes[i % 2].PatchAsync($"/tickets/{id}", body, (Header, $"at {version}"))));

            Assert.Single(answers.Select(answer => answer.Ok().GetRawText()).Distinct());
        }

        Assert.Equal(41, (await app.Admin.TicketAsync(queue, id)).Number("version"));
    }

    [Fact]
    public async Task A_key_has_1_to_128_characters()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        (await UpdateAsync(app.Admin, queue, id, new string('k', 128), 1)).Ok();
        (await UpdateAsync(app.Admin, queue, id, new string('k', 129), 1)).Problem(400, "invalid_header");
        (await UpdateAsync(app.Admin, queue, id, "", 1)).Problem(400, "invalid_header");
    }

    private static Task<Answer> UpdateAsync(Api api, string queue, string id, string key, int count) =>
        api.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"meta.count": {{count}} } }""", (Header, key));
}
