namespace Tickets.Acceptance.Tickets;

public class CreateTicketTests(RunningApp app)
{
    [Fact]
    public async Task A_create_answers_with_the_id_the_queue_and_versions_of_one()
    {
        var queue = await app.NewQueueAsync();

        var made = (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "meta": {"report": {"birds": 3}, "note": null} }""")).Ok();

        Assert.Matches("^[1-9][0-9]*$", made.Text("ticket_id"));
        made.Is($$"""{"ticket_id": "{{made.Text("ticket_id")}}", "queue": "{{queue}}", "version": {"ticket": 1, "meta": {"report": 1, "note": 1} } }""");
    }

    [Fact]
    public async Task A_new_ticket_reads_as_it_was_created()
    {
        var queue = await app.NewQueueAsync();
        var before = DateTimeOffset.UtcNow;

        var id = await app.Admin.CreateAsync(queue, """
            "status": "triaged", "group": "night", "parent_id": "42",
            "meta": {"report": {"birds": 3, "names": ["gull", "Möwe", "чайка", "🕊"]}, "empty": {}, "nothing": null, "number": 1.50},
            "indexed_meta": {"cost": -7, "state": "TX"}
            """);

        var ticket = await app.Admin.TicketAsync(queue, id);
        var created = ticket.Text("created_at")!;
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", created);
        Assert.InRange(DateTimeOffset.Parse(created), before.AddSeconds(-1), DateTimeOffset.UtcNow.AddSeconds(1));
        ticket.Is($$"""
            {"ticket_id": "{{id}}", "queue": "{{queue}}", "status": "triaged", "resolution": null, "group": "night", "accepted_by": null, "parent_id": "42",
             "version": 1, "created_at": "{{created}}", "updated_at": "{{created}}", "closed_at": null,
             "indexed_meta": {"cost": -7, "state": "TX"},
             "meta": {"report": {"version": 1, "data": {"birds": 3, "names": ["gull", "Möwe", "чайка", "🕊"]} }, "empty": {"version": 1, "data": {} },
                      "nothing": {"version": 1, "data": null}, "number": {"version": 1, "data": 1.50} },
             "tier": "hot"}
            """);
        Assert.Contains("1.50", ticket.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_status_a_ticket_begins_in_the_workflows_initial_one()
    {
        var queue = await app.NewQueueAsync();

        var id = await app.Admin.CreateAsync(queue);

        Assert.Equal("reported", (await app.Admin.TicketAsync(queue, id)).Text("status"));
    }

    [Fact]
    public async Task A_queue_that_does_not_exist_is_a_400_of_its_own_code()
    {
        (await app.Admin.PostAsync("/tickets", """{"queue": "no/such/queue"}""")).Problem(400, "queue_not_found", "/queue");
    }

    [Fact]
    public async Task Every_fault_of_a_create_is_named_at_once()
    {
        var queue = await app.NewQueueAsync();

        var answer = await app.Admin.PostAsync("/tickets", $$"""
            {"queue": "{{queue}}", "status": "unheard of", "group": 5, "parent_id": "x", "created_at": "yesterday",
             "meta": {"no space": 1, "a/b": 2}, "indexed_meta": {"cost": "seven", "state": 7, "nosuch": 1} }
            """);

        answer.Problem(400, "invalid_field", "/status", "/group", "/parent_id", "/created_at", "/meta/no space", "/meta/a~1b", "/indexed_meta/cost", "/indexed_meta/state", "/indexed_meta/nosuch");
    }

    [Fact]
    public async Task Unknown_members_of_a_create_are_named()
    {
        var queue = await app.NewQueueAsync();

        var answer = await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "priority": 1, "Status": "reported"}""");

        answer.Problem(400, "unknown_member", "/priority", "/Status");
    }

    [Theory]
    [InlineData("""{"frob": 1}""")]
    [InlineData("""{"queue": 5, "frob": 1}""")]
    [InlineData("""{"queue": "no/such/queue", "frob": 1}""")]
    public async Task Unknown_members_are_named_whatever_else_is_wrong(string body)
    {
        foreach (var (method, path) in new[] { ("POST", "/tickets"), ("POST", "/tickets/find"), ("PATCH", "/tickets/999999999999"), ("POST", "/tickets/999999999999/accept") })
        {
            var errors = (await app.Admin.SendAsync(method, path, body)).Problem(400, "unknown_member").GetProperty("errors").EnumerateArray().ToList();
            var error = errors.Single(error => error.Text("pointer") == "/frob");
            var known = error.Text("message")!.Split("known are ")[1].TrimEnd('.').Split(", ");
            Assert.Equal(known.Distinct(), known);
        }
    }

    [Fact]
    public async Task A_ticket_cannot_begin_in_a_status_that_requires_a_resolution()
    {
        var queue = await app.NewQueueAsync();

        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "status": "closed"}""")).Problem(400, "invalid_field", "/status");
    }

    [Theory]
    [InlineData("1990-01-02T03:04:05Z", "1990-01-02T03:04:05.000000Z")]
    [InlineData("1990-01-02T03:04:05.1234567Z", "1990-01-02T03:04:05.123456Z")]
    [InlineData("1990-01-02t03:04:05z", "1990-01-02T03:04:05.000000Z")]
    [InlineData("2000-02-29T23:30:00-01:30", "2000-03-01T01:00:00.000000Z")]
    [InlineData("1900-01-01T00:00:00Z", "1900-01-01T00:00:00.000000Z")]
    public async Task An_importer_gives_the_time_of_creation(string given, string kept)
    {
        var queue = await app.NewQueueAsync();
        var importer = await app.AsAsync(Role.Import);

        var id = await importer.CreateAsync(queue, $"\"created_at\": \"{given}\"");

        Assert.Equal(kept, (await app.Admin.TicketAsync(queue, id)).Text("created_at"));
    }

    [Theory]
    [InlineData("1990-01-02")]
    [InlineData("1990-01-02T03:04:05")]
    [InlineData("1990-02-30T03:04:05Z")]
    [InlineData("1990-01-02T03:04:05Z\\n")]
    [InlineData("10000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("1899-12-31T23:59:59.999999Z")]
    [InlineData("9999-12-31T23:59:59.999999Z")]
    [InlineData("")]
    public async Task A_time_of_creation_that_is_none_is_refused(string given)
    {
        var queue = await app.NewQueueAsync();

        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "created_at": "{{given}}"}""")).Problem(400, "invalid_field", "/created_at");
    }

    [Fact]
    public async Task A_time_of_creation_may_be_ahead_by_a_clock_but_not_by_days()
    {
        var queue = await app.NewQueueAsync();
        string Ahead(double hours) => $"{DateTimeOffset.UtcNow.AddHours(hours):yyyy-MM-dd'T'HH:mm:ss'Z'}";

        await app.Admin.CreateAsync(queue, $"\"created_at\": \"{Ahead(23)}\"");
        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "created_at": "{{Ahead(25)}}"}""")).Problem(400, "invalid_field", "/created_at");
    }

    [Fact]
    public async Task Only_importers_give_the_time_of_creation()
    {
        var queue = await app.NewQueueAsync();
        var robot = await app.AsAsync(Role.Robot);

        (await robot.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "created_at": "1990-01-02T03:04:05Z"}""")).Problem(403, "forbidden");
    }

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("-9223372036854775808")]
    [InlineData("0")]
    public async Task Integers_are_kept_over_the_whole_range_of_int64(string number)
    {
        var queue = await app.NewQueueAsync();

        var id = await app.Admin.CreateAsync(queue, $"\"indexed_meta\": {{\"cost\": {number}}}");

        Assert.Equal(number, (await app.Admin.TicketAsync(queue, id)).GetProperty("indexed_meta").GetProperty("cost").GetRawText());
    }

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("1.0")]
    [InlineData("1e2")]
    [InlineData("1e400")]
    [InlineData("true")]
    [InlineData("\"1\"")]
    public async Task What_is_no_int64_is_refused_for_an_integer_field(string number)
    {
        var queue = await app.NewQueueAsync();

        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "indexed_meta": {"cost": {{number}} } }""")).Problem(400, "invalid_field", "/indexed_meta/cost");
    }

    [Theory]
    [InlineData('a', 128)]
    [InlineData('é', 64)]
    [InlineData('鳥', 42)]
    public async Task Strings_are_kept_up_to_128_bytes_of_UTF8_and_refused_beyond(char letter, int most)
    {
        var queue = await app.NewQueueAsync();
        var fits = new string(letter, most);

        var id = await app.Admin.CreateAsync(queue, $"\"indexed_meta\": {{\"state\": \"{fits}\"}}");
        Assert.Equal(fits, (await app.Admin.TicketAsync(queue, id)).GetProperty("indexed_meta").Text("state"));

        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "indexed_meta": {"state": "{{fits}}{{letter}}"} }""")).Problem(400, "invalid_field", "/indexed_meta/state");
    }

    [Fact]
    public async Task A_ticket_has_at_most_32_meta_blocks_of_256_KiB()
    {
        var queue = await app.NewQueueAsync();
        static string Blocks(int count) => string.Join(", ", Enumerable.Range(0, count).Select(i => $"\"b{i}\": {i}"));

        var id = await app.Admin.CreateAsync(queue, $"\"meta\": {{{Blocks(32)}}}");
        Assert.Equal(32, (await app.Admin.TicketAsync(queue, id)).GetProperty("meta").EnumerateObject().Count());
        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "meta": { {{Blocks(33)}} } }""")).Problem(400, "invalid_field", "/meta");

        var largest = new string('x', 256 * 1024 - 2);
        id = await app.Admin.CreateAsync(queue, $"\"meta\": {{\"big\": \"{largest}\"}}");
        Assert.Equal(largest, (await app.Admin.TicketAsync(queue, id)).GetProperty("meta").GetProperty("big").Text("data"));
        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "meta": {"big": "{{largest}}x"} }""")).Problem(400, "invalid_field", "/meta/big");
        // Bytes, not characters.
        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "meta": {"big": "{{new string('é', 140_000)}}"} }""")).Problem(400, "invalid_field", "/meta/big");
    }

    [Fact]
    public async Task A_ticket_has_at_most_32_meta_blocks_also_when_they_come_by_updates()
    {
        var queue = await app.NewQueueAsync();
        static string Set(int from, int count) => string.Join(", ", Enumerable.Range(from, count).Select(i => $"\"meta.b{i}\": {i}"));
        var id = await app.Admin.CreateAsync(queue, "\"meta\": {\"b0\": 0}");
        Task<Answer> UpdateAsync(string change) => app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", {{change}} }""");

        (await UpdateAsync($$"""
            "set": { {{Set(1, 31)}} }
            """)).Ok();
        (await UpdateAsync("\"set\": {\"meta.more\": 1}")).Problem(400, "invalid_field", "/set");
        (await UpdateAsync("\"set\": {\"meta.b3\": 1}")).Ok();
        (await UpdateAsync("\"set\": {\"meta.more\": 1}, \"unset\": [\"meta.b3\"]")).Ok();

        Assert.Equal(32, (await app.Admin.TicketAsync(queue, id)).GetProperty("meta").EnumerateObject().Count());
    }
}
