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
    public async Task A_key_used_with_another_body_or_ticket_is_refused()
    {
        var queue = await app.NewQueueAsync();
        var (id, other) = (await app.Admin.CreateAsync(queue), await app.Admin.CreateAsync(queue));
        (await UpdateAsync(app.Admin, queue, id, "k", 1)).Ok();

        (await UpdateAsync(app.Admin, queue, id, "k", 2)).Problem(422, "idempotency_key_reused");
        (await UpdateAsync(app.Admin, queue, other, "k", 1)).Problem(422, "idempotency_key_reused");

        Assert.Equal(2, (await app.Admin.TicketAsync(queue, id)).Number("version"));
        Assert.Equal(1, (await app.Admin.TicketAsync(queue, other)).Number("version"));
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
