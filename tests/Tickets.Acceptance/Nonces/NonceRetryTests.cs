namespace Tickets.Acceptance.Nonces;

/// <summary>A nonce makes one ticket, however often, wherever and with whatever it is sent.</summary>
public class NonceRetryTests(RunningApp app)
{
    private const string Content = """
        "group": "night", "meta": {"report": {"birds": 3, "list": [1.50, "x"]}}, "indexed_meta": {"cost": 7, "state": "TX"}
        """;

    [Fact]
    public async Task A_retry_with_the_same_nonce_and_content_gets_the_same_answer_and_makes_nothing()
    {
        var queue = await app.NewQueueAsync();
        var body = Body(await app.Admin.NonceAsync(), queue);
        var first = (await app.Admin.PostAsync("/tickets", body)).Ok();

        for (var i = 0; i < 3; i++)
            (await app.Admin.PostAsync("/tickets", body)).Ok().Is(first.GetRawText());

        Assert.Equal(1, await CountAsync(queue));
        Assert.Single((await app.Admin.GetAsync($"/oplog?queue={queue}")).Ok().GetProperty("ops").EnumerateArray());
    }

    [Fact]
    public async Task The_order_of_members_and_white_space_do_not_make_a_retry_another_request()
    {
        var queue = await app.NewQueueAsync();
        var nonce = await app.Admin.NonceAsync();
        var first = (await app.Admin.PostAsync("/tickets", Body(nonce, queue))).Ok();

        var again = await app.Admin.PostAsync("/tickets", $$"""
            {"indexed_meta":{"state":"T\u0058","cost":7},"meta":{"report":{"list":[1.50,"x"],"birds":3} },"queue":"{{queue}}","group":"night","nonce":"{{nonce}}"}
            """);

        again.Ok().Is(first.GetRawText());
    }

    [Theory]
    [InlineData("""{"queue": "QUEUE", "nonce": "NONCE"}""")]
    [InlineData("""{"queue": "QUEUE", "nonce": "NONCE", "group": "day", "meta": {"report": {"birds": 3}}}""")]
    [InlineData("""{"queue": "QUEUE", "nonce": "NONCE", "group": "night", "meta": {"report": {"birds": 4}}}""")]
    [InlineData("""{"queue": "QUEUE", "nonce": "NONCE", "group": "night", "meta": {"report": {"birds": 3}}, "indexed_meta": {"cost": 1}}""")]
    [InlineData("""{"queue": "QUEUE", "nonce": "NONCE", "group": "night", "meta": {"report": {"birds": 3}}, "status": "triaged"}""")]
    public async Task Other_content_with_a_used_nonce_is_a_conflict_and_changes_nothing(string other)
    {
        var queue = await app.NewQueueAsync();
        var nonce = await app.Admin.NonceAsync();
        var id = (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "nonce": "{{nonce}}", "group": "night", "meta": {"report": {"birds": 3} } }""")).Ok().Text("ticket_id")!;
        var before = await app.Admin.TicketAsync(queue, id);

        var answer = await app.Admin.PostAsync("/tickets", other.Replace("QUEUE", queue, StringComparison.Ordinal).Replace("NONCE", nonce, StringComparison.Ordinal));

        answer.Problem(409, "invalid_nonce");
        (await app.Admin.TicketAsync(queue, id)).Is(before.GetRawText());
        Assert.Equal(1, await CountAsync(queue));
    }

    [Theory]
    [InlineData("hot-0", "hot-0")]
    [InlineData("hot-0", "hot-1")]
    [InlineData("hot-1", "hot-0")]
    public async Task A_nonce_that_was_used_in_one_queue_is_a_conflict_in_another(string first, string second)
    {
        var (one, other) = (await app.NewQueueAsync(first), await app.NewQueueAsync(second));
        var nonce = await app.Admin.NonceAsync();
        var made = (await app.Admin.PostAsync("/tickets", Body(nonce, one))).Ok();

        (await app.Admin.PostAsync("/tickets", Body(nonce, other))).Problem(409, "invalid_nonce");

        (await app.Admin.PostAsync("/tickets", Body(nonce, one))).Ok().Is(made.GetRawText());
        Assert.Equal(0, await CountAsync(other));
    }

    [Fact]
    public async Task Concurrent_creates_with_one_nonce_through_two_processes_make_one_ticket_and_get_one_answer()
    {
        var queue = await app.NewQueueAsync();
        Api[] processes = [app.Admin, await app.SecondAsync()];
        foreach (var nonce in await app.Admin.NoncesAsync(30))
        {
            var body = Body(nonce, queue);

            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => processes[i % 2].PostAsync("/tickets", body)));

            Assert.Single(answers.Select(answer => answer.Ok().GetRawText()).Distinct());
        }

        Assert.Equal(30, await CountAsync(queue));
    }

    [Fact]
    public async Task Concurrent_creates_with_one_nonce_and_different_content_make_one_ticket()
    {
        var queue = await app.NewQueueAsync();
        Api[] processes = [app.Admin, await app.SecondAsync()];
        foreach (var nonce in await app.Admin.NoncesAsync(20))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
                processes[i % 2].PostAsync("/tickets", $$"""{"nonce": "{{nonce}}", "queue": "{{queue}}", "indexed_meta": {"cost": {{i}} } }""")));

            var made = Assert.Single(answers, answer => answer.Status == 200);
            foreach (var refused in answers.Where(answer => answer != made))
                refused.Problem(409, "invalid_nonce");
            var cost = Array.IndexOf(answers, made);
            Assert.Equal(cost, (await app.Admin.TicketAsync(queue, made.Json.Text("ticket_id")!)).GetProperty("indexed_meta").Number("cost"));
        }

        Assert.Equal(20, await CountAsync(queue));
    }

    [Fact]
    public async Task Concurrent_creates_with_one_nonce_on_two_shards_make_one_ticket()
    {
        string[] queues = [await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-1")];
        Api[] processes = [app.Admin, await app.SecondAsync()];
        foreach (var nonce in await app.Admin.NoncesAsync(30))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => processes[i / 2].PostAsync("/tickets", Body(nonce, queues[i % 2]))));

            var winner = Assert.Single(answers.Select((answer, i) => (answer, Queue: i % 2)).Where(made => made.answer.Status == 200).Select(made => made.Queue).Distinct());
            Assert.All(answers.Where((_, i) => i % 2 == winner), answer => answer.Ok());
            Assert.All(answers.Where((_, i) => i % 2 != winner), answer => answer.Problem(409, "invalid_nonce"));
        }

        Assert.Equal(30, await CountAsync(queues[0]) + await CountAsync(queues[1]));
    }

    [Fact]
    public async Task A_retry_gets_its_first_answer_also_after_the_ticket_was_updated_closed_and_archived()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        var body = Body(await app.Admin.NonceAsync(), queue);
        var first = (await app.Admin.PostAsync("/tickets", body)).Ok();
        var id = first.Text("ticket_id")!;

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"meta.report": 1, "group": "day"} }""")).Ok();
        (await app.Admin.PostAsync("/tickets", body)).Ok().Is(first.GetRawText());
        await app.Admin.CloseAsync(queue, id);
        (await app.Admin.PostAsync("/tickets", body)).Ok().Is(first.GetRawText());
        await Archiving.MoveAsync(app.Admin, queue, id);

        (await app.Admin.PostAsync("/tickets", body)).Ok().Is(first.GetRawText());
        (await (await app.SecondAsync()).PostAsync("/tickets", body)).Ok().Is(first.GetRawText());
        (await app.Admin.PostAsync("/tickets", body.Replace("night", "day", StringComparison.Ordinal))).Problem(409, "invalid_nonce");
        Assert.Equal("cold", (await app.Admin.TicketAsync(queue, id)).Text("tier"));
        Assert.Equal(0, await CountAsync(queue));
    }

    [Fact]
    public async Task A_retry_gets_its_first_answer_also_after_the_ticket_was_moved_to_another_queue()
    {
        var (queue, other) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0"));
        var body = Body(await app.Admin.NonceAsync(), queue);
        var first = (await app.Admin.PostAsync("/tickets", body)).Ok();
        (await app.Admin.PatchAsync($"/tickets/{first.Text("ticket_id")}", $$"""{"queue": "{{queue}}", "set": {"queue": "{{other}}"} }""")).Ok();

        (await app.Admin.PostAsync("/tickets", body)).Ok().Is(first.GetRawText());

        Assert.Equal((0, 1), (await CountAsync(queue), await CountAsync(other)));
    }

    [Theory]
    [InlineData("{0}=")]
    [InlineData(" {0}")]
    [InlineData("{0}\n")]
    public async Task A_nonce_is_taken_only_as_it_was_issued(string form)
    {
        var queue = await app.NewQueueAsync();
        var nonce = string.Format(form, await app.Admin.NonceAsync());

        (await app.Admin.PostAsync("/tickets", JsonSerializer.Serialize(new { nonce, queue }))).Problem(409, "invalid_nonce");
    }

    [Theory]
    [InlineData("forged")]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("no base64url: +/=")]
    [InlineData("\u2028\ud83d\ude00")]
    public async Task A_forged_nonce_is_refused(string nonce)
    {
        var queue = await app.NewQueueAsync();

        (await app.Admin.PostAsync("/tickets", JsonSerializer.Serialize(new { nonce, queue }))).Problem(409, "invalid_nonce");

        Assert.Equal(0, await CountAsync(queue));
    }

    [Fact]
    public async Task A_nonce_with_any_character_changed_is_refused_or_the_same_nonce()
    {
        var queue = await app.NewQueueAsync();
        var nonce = await app.Admin.NonceAsync();
        var made = new HashSet<string>();

        await Parallel.ForAsync(0, nonce.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            foreach (var c in "AZ9_ ")
            {
                var changed = $"{nonce[..i]}{c}{nonce[(i + 1)..]}";
                var answer = await app.Admin.PostAsync("/tickets", $$"""{"nonce": "{{changed}}", "queue": "{{queue}}"}""");
                if (answer.Status != 200)
                    answer.Problem(409, "invalid_nonce");
                else
                    lock (made)
                        made.Add(answer.Json.Text("ticket_id")!);
            }
        });

        // The last character of base64url may carry bits that count for nothing.
        Assert.InRange(made.Count, 0, 1);
        Assert.Equal(made.Count, await CountAsync(queue));
    }

    [Fact]
    public async Task A_cursor_is_no_nonce()
    {
        var queue = await app.NewQueueAsync();
        var cursor = (await app.Admin.GetAsync("/oplog?cursor=now")).Ok().Text("next_cursor");

        (await app.Admin.PostAsync("/tickets", $$"""{"nonce": "{{cursor}}", "queue": "{{queue}}"}""")).Problem(409, "invalid_nonce");
    }

    [Fact]
    public async Task A_create_that_was_refused_leaves_its_nonce_unused()
    {
        var queue = await app.NewQueueAsync();
        var nonce = await app.Admin.NonceAsync();

        (await app.Admin.PostAsync("/tickets", $$"""{"nonce": "{{nonce}}", "queue": "{{queue}}", "status": "unheard of"}""")).Problem(400, "invalid_field", "/status");

        (await app.Admin.PostAsync("/tickets", Body(nonce, queue))).Ok();
    }

    [Fact]
    public async Task Without_a_nonce_every_create_makes_a_ticket()
    {
        var queue = await app.NewQueueAsync();

        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.Admin.CreateAsync(queue)));

        Assert.Equal(20, ids.Distinct().Count());
        Assert.Equal(20, await CountAsync(queue));
    }

    private static string Body(string nonce, string queue) => $$"""{"nonce": "{{nonce}}", "queue": "{{queue}}", {{Content}} }""";

    private async Task<int> CountAsync(string queue) =>
        (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "projection": ["ticket_id"], "limit": 1000}""")).Ok().GetProperty("tickets").GetArrayLength();
}
