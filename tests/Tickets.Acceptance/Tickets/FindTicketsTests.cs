namespace Tickets.Acceptance.Tickets;

public class FindTicketsTests(RunningApp app)
{
    [Theory]
    [InlineData("{}", "abcd")]
    [InlineData("""{"status": "reported"}""", "ad")]
    [InlineData("""{"status": "closed"}""", "c")]
    [InlineData("""{"status": "never heard of"}""", "")]
    [InlineData("""{"resolution_status": "any"}""", "abcd")]
    [InlineData("""{"resolution_status": "resolved"}""", "bc")]
    [InlineData("""{"resolution_status": "noresolution"}""", "ad")]
    [InlineData("""{"resolution": "fixed"}""", "b")]
    [InlineData("""{"resolution": "duplicate"}""", "c")]
    [InlineData("""{"group": "night"}""", "ab")]
    [InlineData("""{"parent_id": "7"}""", "ac")]
    [InlineData("""{"indexed_meta": {"cost": 1}}""", "ab")]
    [InlineData("""{"indexed_meta": {"cost": -9223372036854775808}}""", "c")]
    [InlineData("""{"indexed_meta": {"state": "TX"}}""", "ac")]
    [InlineData("""{"indexed_meta": {"state": "tx"}}""", "")]
    [InlineData("""{"indexed_meta": {"state": ""}}""", "d")]
    [InlineData("""{"indexed_meta": {"cost": 1, "state": "TX"}}""", "a")]
    [InlineData("""{"indexed_meta": {"cost": null}}""", "d")]
    [InlineData("""{"status": "triaged", "resolution_status": "resolved", "resolution": "fixed", "group": "night", "indexed_meta": {"cost": 1, "state": "CA"}}""", "b")]
    [InlineData("""{"status": "reported", "group": "night", "parent_id": "7", "resolution_status": "noresolution"}""", "a")]
    [InlineData("""{"status": "reported", "resolution_status": "resolved"}""", "")]
    public async Task Tickets_are_found_by_each_field_alone_and_by_fields_together(string query, string expected)
    {
        foreach (var queue in new[] { await FourTicketsAsync("\"hot-0\""), await FourTicketsAsync("\"hot-0\", \"hot-1\"") })
        {
            var found = await FindAsync(queue, query, "\"projection\": [\"meta.name\"]");

            Assert.Equal(expected, string.Concat(found.GetProperty("tickets").EnumerateArray().Select(Name)));
        }
    }

    [Fact]
    public async Task A_ticket_is_found_by_its_id_with_all_that_it_has()
    {
        var queue = await app.NewQueueAsync();
        var (id, other) = (await app.Admin.CreateAsync(queue, "\"meta\": {\"report\": 1}"), await app.Admin.CreateAsync(queue));

        var found = await FindAsync(queue, $$"""{"ticket_id": "{{id}}"}""");
        Assert.Single(found.GetProperty("tickets").EnumerateArray()).Is((await app.Admin.TicketAsync(queue, id)).GetRawText());

        Assert.Equal(0, (await FindAsync(queue, $$"""{"ticket_id": "{{other}}", "group": "night"}""")).GetProperty("tickets").GetArrayLength());
    }

    [Fact]
    public async Task A_search_sees_no_other_queue()
    {
        var queue = await FourTicketsAsync("\"hot-0\"");
        var other = await app.NewQueueAsync("hot-0");

        Assert.Equal(4, (await FindAsync(queue, "{}")).GetProperty("tickets").GetArrayLength());
        Assert.Equal(0, (await FindAsync(other, "{}")).GetProperty("tickets").GetArrayLength());
    }

    [Fact]
    public async Task A_projection_answers_what_it_names_of_every_ticket()
    {
        var queue = await FourTicketsAsync("\"hot-0\"");

        var tickets = (await FindAsync(queue, """{"group": "night"}""", "\"projection\": [\"status\", \"indexed_meta\", \"meta.name\", \"meta.never\"]")).GetProperty("tickets");

        tickets.Is("""
            [{"status": "reported", "indexed_meta": {"cost": 1, "state": "TX"}, "meta": {"name": {"version": 1, "data": "a"}}},
             {"status": "triaged", "indexed_meta": {"cost": 1, "state": "CA"}, "meta": {"name": {"version": 1, "data": "b"}}}]
            """);
    }

    [Theory]
    [InlineData("\"hot-0\"", 1)]
    [InlineData("\"hot-0\"", 7)]
    [InlineData("\"hot-0\", \"hot-1\"", 1)]
    [InlineData("\"hot-0\", \"hot-1\"", 7)]
    [InlineData("\"hot-0\", \"hot-1\"", 25)]
    public async Task Pages_together_hold_every_ticket_once_in_order_of_id(string shards, int limit)
    {
        var queue = await QueueOnAsync(shards);
        var ids = await Task.WhenAll(Enumerable.Range(0, 25).Select(i => app.Admin.CreateAsync(queue, $"\"group\": \"{(i % 5 == 0 ? "day" : "night")}\"")));

        foreach (var (query, expected) in new[] { ("{}", 25), ("""{"group": "night"}""", 20) })
        {
            var found = new List<long>();
            string? cursor = null;
            do
            {
                var page = await FindAsync(queue, query, $"\"projection\": [\"ticket_id\"], \"limit\": {limit}{(cursor is null ? "" : $", \"cursor\": \"{cursor}\"")}");
                var tickets = page.GetProperty("tickets");
                Assert.True(tickets.GetArrayLength() == limit || page.Text("next_cursor") is null);
                found.AddRange(tickets.EnumerateArray().Select(ticket => long.Parse(ticket.Text("ticket_id")!)));
                cursor = page.Text("next_cursor");
            }
            while (cursor is not null);

            Assert.Equal(expected, found.Count);
            Assert.Equal(found.Order(), found);
            Assert.Subset(ids.Select(long.Parse).ToHashSet(), found.ToHashSet());
        }
    }

    [Theory]
    [InlineData("\"hot-0\"")]
    [InlineData("\"hot-0\", \"hot-1\"")]
    public async Task A_page_of_large_tickets_ends_early_and_the_next_one_goes_on_there(string shards)
    {
        var queue = await QueueOnAsync(shards);
        var block = new string('x', 250_000);
        var made = new List<string>();
        for (var i = 0; i < 24; i++)
            made.Add(await app.Admin.CreateAsync(queue, $"\"meta\": {{\"a\": \"{block}\", \"b\": \"{block}\"}}"));
        made.Sort((one, other) => long.Parse(one).CompareTo(long.Parse(other)));

        var found = new List<string>();
        var pages = 0;
        string? cursor = null;
        do
        {
            var from = cursor is null ? "" : $", \"cursor\": \"{cursor}\"";
            var answer = await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}{{from}} }""");
            Assert.InRange(answer.Text.Length, 1, 10 << 20);
            found.AddRange(answer.Ok().GetProperty("tickets").EnumerateArray().Select(ticket => ticket.Text("ticket_id")!));
            cursor = answer.Json.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
            pages++;
        }
        while (cursor is not null);

        Assert.True(pages > 1);
        Assert.Equal(made, found);
    }

    [Fact]
    public async Task A_cursor_is_good_in_every_process_and_with_another_limit_and_projection()
    {
        var queue = await FourTicketsAsync("\"hot-0\"");
        var cursor = (await FindAsync(queue, "{}", "\"limit\": 1")).Text("next_cursor");

        var rest = (await (await app.SecondAsync()).PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "limit": 1000, "projection": ["meta.name"], "cursor": "{{cursor}}"}""")).Ok();

        Assert.Equal("bcd", string.Concat(rest.GetProperty("tickets").EnumerateArray().Select(Name)));
        Assert.Null(rest.Text("next_cursor"));
    }

    [Fact]
    public async Task A_forged_or_foreign_cursor_is_refused()
    {
        var (queue, other) = (await FourTicketsAsync("\"hot-0\""), await FourTicketsAsync("\"hot-0\""));
        var mine = (await FindAsync(queue, """{"group": "night"}""", "\"limit\": 1")).Text("next_cursor")!;
        string[] bad =
        [
            "forged",
            "",
            new('A', 60),
            $"{mine[..10]}{(mine[10] == 'A' ? 'B' : 'A')}{mine[11..]}",
            (await FindAsync(queue, "{}", "\"limit\": 1")).Text("next_cursor")!,
            (await FindAsync(other, """{"group": "night"}""", "\"limit\": 1")).Text("next_cursor")!,
            (await app.Admin.GetAsync("/oplog?cursor=now")).Ok().Text("next_cursor")!,
            await app.Admin.NonceAsync(),
        ];

        foreach (var cursor in bad)
            (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}", "group": "night"}, "cursor": "{{cursor}}"}""")).Problem(400, "invalid_cursor");
    }

    [Fact]
    public async Task A_page_holds_100_tickets_when_no_limit_is_given_and_1000_at_most()
    {
        var queue = await app.NewQueueAsync();
        await Task.WhenAll(Enumerable.Range(0, 1001).Select(_ => app.Admin.CreateAsync(queue)));

        Assert.Equal(100, (await FindAsync(queue, "{}")).GetProperty("tickets").GetArrayLength());
        Assert.Equal(1000, (await FindAsync(queue, "{}", "\"limit\": 1000")).GetProperty("tickets").GetArrayLength());
        foreach (var limit in new[] { "0", "1001", "-1", "1.5", "\"5\"" })
            (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "limit": {{limit}} }""")).Problem(400, "invalid_field", "/limit");
    }

    [Fact]
    public async Task Only_a_search_that_no_index_serves_carries_a_warning()
    {
        var queue = await FourTicketsAsync("\"hot-0\"");

        foreach (var served in new[] { "{}", """{"status": "reported"}""", """{"group": "night"}""", """{"parent_id": "7"}""", """{"indexed_meta": {"state": "TX"}}""", """{"indexed_meta": {"state": "TX", "cost": 1}}""", """{"ticket_id": "7"}""" })
            Assert.Null((await FindAsync(queue, served)).Text("warning"));
        foreach (var unserved in new[] { """{"indexed_meta": {"cost": 1}}""", """{"indexed_meta": {"miles": 1}}""", """{"resolution": "fixed"}""", """{"resolution_status": "resolved"}""" })
            Assert.Contains(queue, (await FindAsync(queue, unserved)).Text("warning"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_fault_of_a_search_is_named_at_once()
    {
        var queue = await app.NewQueueAsync();

        var answer = await app.Admin.PostAsync("/tickets/find", $$"""
            {"query": {"queue": "{{queue}}", "status": 1, "resolution_status": "maybe", "resolution": [], "ticket_id": "x", "group": {}, "parent_id": 5, "indexed_meta": {"cost": "x", "nosuch": 1, "state": 1} },
             "projection": ["status", "nosuch"], "limit": 0, "cursor": 5}
            """);

        answer.Problem(
            400, "invalid_field",
            "/query/status", "/query/resolution_status", "/query/resolution", "/query/ticket_id", "/query/group", "/query/parent_id", "/query/indexed_meta/cost", "/query/indexed_meta/nosuch", "/query/indexed_meta/state",
            "/projection/1", "/limit", "/cursor");
    }

    [Theory]
    [InlineData("{}", "/query")]
    [InlineData("""{"query": 1}""", "/query")]
    [InlineData("""{"query": {}}""", "/query/queue")]
    [InlineData("""{"query": {"queue": null}}""", "/query/queue")]
    public async Task A_search_names_its_queue(string body, string pointer)
    {
        (await app.Admin.PostAsync("/tickets/find", body)).Problem(400, "invalid_field", pointer);
    }

    [Fact]
    public async Task Unknown_members_of_a_search_and_unknown_queues_are_named()
    {
        var queue = await app.NewQueueAsync();

        (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}", "colour": "red"}, "order": "id"}""")).Problem(400, "unknown_member", "/query/colour", "/order");
        (await app.Admin.PostAsync("/tickets/find", """{"query": {"queue": "no/such/queue"}}""")).Problem(400, "queue_not_found", "/query/queue");
    }

    /// <param name="query">Further members of the query, in an object.</param>
    /// <param name="members">Further members beside the query.</param>
    private async Task<JsonElement> FindAsync(string queue, string query, string? members = null)
    {
        var criteria = query == "{}" ? "" : $", {query[1..^1]}";
        var rest = members is null ? "" : $", {members}";
        return (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"{{criteria}} }{{rest}} }""")).Ok();
    }

    private static string Name(JsonElement ticket) => ticket.GetProperty("meta").GetProperty("name").Text("data")!;

    /// <summary>Tickets a, b, c and d, in order of their ids.</summary>
    private async Task<string> FourTicketsAsync(string shards)
    {
        var queue = await QueueOnAsync(shards);
        await app.Admin.CreateAsync(queue, "\"meta\": {\"name\": \"a\"}, \"group\": \"night\", \"parent_id\": \"7\", \"indexed_meta\": {\"cost\": 1, \"state\": \"TX\"}");
        var b = await app.Admin.CreateAsync(queue, "\"meta\": {\"name\": \"b\"}, \"group\": \"night\", \"indexed_meta\": {\"cost\": 1, \"state\": \"CA\"}");
        var c = await app.Admin.CreateAsync(queue, "\"meta\": {\"name\": \"c\"}, \"parent_id\": \"7\", \"indexed_meta\": {\"cost\": -9223372036854775808, \"state\": \"TX\"}");
        await app.Admin.CreateAsync(queue, "\"meta\": {\"name\": \"d\"}, \"group\": \"Night\", \"indexed_meta\": {\"state\": \"\"}");
        (await app.Admin.PatchAsync($"/tickets/{b}", $$"""{"queue": "{{queue}}", "set": {"status": "triaged", "resolution": "fixed"} }""")).Ok();
        (await app.Admin.PatchAsync($"/tickets/{c}", $$"""{"queue": "{{queue}}", "set": {"status": "closed", "resolution": "duplicate"} }""")).Ok();
        return queue;
    }

    private async Task<string> QueueOnAsync(string shards)
    {
        var queue = RunningApp.NewName("find");
        (await app.Admin.PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1", "shards": [{{shards}}]}""", ("If-None-Match", "*"))).Ok();
        return queue;
    }
}
