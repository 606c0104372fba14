namespace Tickets.Acceptance.Tickets;

public class GetTicketTests(RunningApp app)
{
    [Theory]
    [InlineData("hot-0")]
    [InlineData("hot-1")]
    public async Task A_ticket_is_found_with_and_without_its_queue_through_every_process(string shard)
    {
        var queue = await app.NewQueueAsync(shard);
        var id = await app.Admin.CreateAsync(queue, "\"group\": \"night\"");

        var ticket = await app.Admin.TicketAsync(queue, id);

        (await app.Admin.GetAsync($"/tickets/{id}")).Ok().Is(ticket.GetRawText());
        (await (await app.SecondAsync()).GetAsync($"/tickets/{id}?queue={queue}")).Ok().Is(ticket.GetRawText());
        (await (await app.SecondAsync()).GetAsync($"/tickets/{id}")).Ok().Is(ticket.GetRawText());
    }

    [Fact]
    public async Task The_ETag_is_the_version()
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);
        Assert.Equal("\"1\"", (await app.Admin.GetAsync($"/tickets/{id}?queue={queue}")).Headers["ETag"]);

        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"group": "day"}}""")).Ok();

        Assert.Equal("\"2\"", (await app.Admin.GetAsync($"/tickets/{id}?queue={queue}&projection=status")).Headers["ETag"]);
    }

    [Theory]
    [InlineData("status", """{"status": "reported"}""")]
    [InlineData("status,meta.report", """{"status": "reported", "meta": {"report": {"version": 1, "data": 1}}}""")]
    [InlineData("meta.report,meta.note,meta.never", """{"meta": {"report": {"version": 1, "data": 1}, "note": {"version": 1, "data": 2}}}""")]
    [InlineData("meta", """{"meta": {"report": {"version": 1, "data": 1}, "note": {"version": 1, "data": 2}, "extra": {"version": 1, "data": 3}}}""")]
    [InlineData("indexed_meta,group,resolution,parent_id,version,tier,accepted_by,closed_at",
        """{"indexed_meta": {"cost": 5}, "group": "night", "resolution": null, "parent_id": "7", "version": 1, "tier": "hot", "accepted_by": null, "closed_at": null}""")]
    public async Task A_projection_answers_what_it_names_and_nothing_else(string projection, string expected)
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue, "\"group\": \"night\", \"parent_id\": \"7\", \"meta\": {\"report\": 1, \"note\": 2, \"extra\": 3}, \"indexed_meta\": {\"cost\": 5}");

        (await app.Admin.GetAsync($"/tickets/{id}?queue={queue}&projection={projection}")).Ok().Is(expected);
    }

    [Theory]
    [InlineData("nosuch")]
    [InlineData("status,meta.")]
    [InlineData("meta.no%20space")]
    [InlineData("indexed_meta.cost")]
    public async Task A_projection_of_what_no_ticket_has_is_refused(string projection)
    {
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        (await app.Admin.GetAsync($"/tickets/{id}?queue={queue}&projection={projection}")).Problem(400, "invalid_parameter");
    }

    [Theory]
    [InlineData("hot-0", "hot-0")]
    [InlineData("hot-0", "hot-1")]
    public async Task A_ticket_that_moves_between_queues_is_found_at_every_instant(string from, string to)
    {
        var (queue, other) = (await app.NewQueueAsync(from), await app.NewQueueAsync(to));
        Api[] processes = [app.Admin, await app.SecondAsync()];
        foreach (var name in new[] { queue, other })
            (await processes[1].GetAsync($"/queues?queue={name}")).Ok();
        var id = await app.Admin.CreateAsync(queue, "\"meta\": {\"report\": 1}");
        using var done = new CancellationTokenSource();

        var reading = Task.WhenAll(Enumerable.Range(0, 4).Select(reader => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                (await processes[reader % 2].GetAsync($"/tickets/{id}")).Ok().GetProperty("meta").Is("""{"report": {"version": 1, "data": 1}}""");
        })));
        for (var i = 0; i < 40 && !reading.IsCompleted; i++)
            (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{(i % 2 == 0 ? queue : other)}}", "set": {"queue": "{{(i % 2 == 0 ? other : queue)}}"} }""")).Ok();
        await done.CancelAsync();
        await reading;

        Assert.Equal(queue, (await app.Admin.GetAsync($"/tickets/{id}")).Ok().Text("queue"));
    }

    [Fact]
    public async Task A_ticket_in_neither_tier_is_not_found()
    {
        var (queue, other) = (await app.NewQueueAsync(), await app.NewQueueAsync());
        var id = await app.Admin.CreateAsync(queue);

        (await app.Admin.GetAsync($"/tickets/{id}?queue={other}")).Problem(404, "ticket_not_found");
        (await app.Admin.GetAsync($"/tickets/9223372036854775807?queue={queue}")).Problem(404, "ticket_not_found");
        (await app.Admin.GetAsync("/tickets/9223372036854775807")).Problem(404, "ticket_not_found");
        (await app.Admin.GetAsync($"/tickets/{id}?queue=no/such/queue")).Problem(400, "queue_not_found");
    }

    [Fact]
    public async Task Unknown_and_repeated_parameters_are_refused_by_name()
    {
        var problem = (await app.Admin.GetAsync("/tickets/1?colour=red&queue=a&shape=round")).Problem(400, "unknown_parameter");
        Assert.Contains("'colour', 'shape'", problem.Text("detail"), StringComparison.Ordinal);

        Assert.Contains("'queue'", (await app.Admin.GetAsync("/tickets/1?queue=a&queue=b")).Problem(400, "invalid_parameter").Text("detail"), StringComparison.Ordinal);
    }
}
