using System.Diagnostics;

namespace Tickets.Acceptance.ChangeLog;

public class OplogTests(RunningApp app)
{
    [Fact]
    public async Task Every_change_of_a_ticket_is_told_in_order_with_what_it_did()
    {
        var queue = await app.NewQueueAsync("hot-1");
        var id = await app.Admin.CreateAsync(queue, "\"group\": \"night\", \"parent_id\": \"7\", \"meta\": {\"report\": {\"a\": 1.50}, \"note\": null}, \"indexed_meta\": {\"cost\": 5, \"state\": \"TX\"}");
        (await app.Admin.PostAsync($"/tickets/{id}/accept", """{"by": "ada"}""")).Ok();
        (await app.Admin.PatchAsync($"/tickets/{id}", """
            {"set": {"status": "triaged", "resolution": "fixed", "meta.report": [1], "indexed_meta.cost": -5}, "unset": ["group", "meta.note", "indexed_meta.state"]}
            """)).Ok();
        var ticket = await app.Admin.TicketAsync(queue, id);

        var ops = await app.Admin.ReadAllAsync(queue: queue);

        Assert.Equal(3, ops.Count);
        Assert.All(ops, op =>
        {
            Assert.Equal(("hot-1", id, queue), (op.Text("shard"), op.Text("ticket_id"), op.Text("queue")));
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", op.Text("at"));
        });
        Assert.Equal(["created", "updated", "updated"], ops.Select(op => op.Text("kind")));
        Assert.Equal([1, 2, 3], ops.Select(op => op.Number("version")));
        Assert.Equal(ops.Select(op => op.Number("opid")).Order(), ops.Select(op => op.Number("opid")));
        Assert.Equal((ticket.Text("created_at"), ticket.Text("updated_at")), (ops[0].Text("at"), ops[2].Text("at")));
        ops[0].GetProperty("diff").Is($$"""
            {"set": {"status": "reported", "group": "night", "parent_id": "7", "created_at": "{{ticket.Text("created_at")}}", "indexed_meta.cost": 5, "indexed_meta.state": "TX",
                     "meta.report": {"a": 1.50}, "meta.note": null} }
            """);
        ops[1].GetProperty("diff").Is("""{"set": {"accepted_by": "ada"}}""");
        var diff = ops[2].GetProperty("diff");
        diff.GetProperty("set").Is("""{"status": "triaged", "resolution": "fixed", "meta.report": [1], "indexed_meta.cost": -5}""");
        Assert.Equal(["accepted_by", "group", "indexed_meta.state", "meta.note"], diff.Texts("unset").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Refused_and_repeated_changes_are_not_told()
    {
        var queue = await app.NewQueueAsync();
        var nonce = await app.Admin.NonceAsync();
        var body = $$"""{"nonce": "{{nonce}}", "queue": "{{queue}}"}""";
        var id = (await app.Admin.PostAsync("/tickets", body)).Ok().Text("ticket_id");

        (await app.Admin.PostAsync("/tickets", body)).Ok();
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"status": "repaired"}}""")).Problem(409, "transition_not_allowed");
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"expected": {"ticket.version": 2}}""")).Problem(409, "unmet_conditions");

        Assert.Single(await app.Admin.ReadAllAsync(queue: queue));
    }

    [Fact]
    public async Task A_move_is_told_to_both_queues()
    {
        var (queue, other) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0"));
        var id = await app.Admin.CreateAsync(queue, "\"meta\": {\"report\": 1}, \"indexed_meta\": {\"cost\": 5}");

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"queue": "{{other}}", "group": "day"} }""")).Ok();

        var left = (await app.Admin.ReadAllAsync(queue: queue))[^1];
        Assert.Equal(("moved_out", 2), (left.Text("kind"), left.Number("version")));
        left.GetProperty("diff").Is($$"""{"set": {"queue": "{{other}}"} }""");
        var arrived = Assert.Single(await app.Admin.ReadAllAsync(queue: other));
        Assert.Equal(("moved_in", 2), (arrived.Text("kind"), arrived.Number("version")));
        Assert.Equal(left.Number("opid") + 1, arrived.Number("opid"));
        var created = (await app.Admin.TicketAsync(other, id)).Text("created_at");
        arrived.GetProperty("diff").Is($$"""{"set": {"status": "reported", "group": "day", "created_at": "{{created}}", "indexed_meta.cost": 5, "meta.report": 1} }""");
    }

    [Fact]
    public async Task Opids_are_dense_on_every_shard_while_two_processes_write_and_readers_page()
    {
        string[] queues = [await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-1")];
        Api[] processes = [app.Admin, await app.SecondAsync()];
        var seen = new List<JsonElement>();
        using var written = new CancellationTokenSource();

        var writing = Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
        {
            var id = await processes[i % 2].CreateAsync(queues[i / 2 % 2]);
            (await processes[(i + 1) % 2].PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queues[i / 2 % 2]}}", "set": {"group": "g{{i}}"} }""")).Ok();
        }));
        var reading = Task.Run(async () =>
        {
            string? cursor = null;
            var last = false;
            while (true)
            {
                var page = (await processes[seen.Count % 2].GetAsync($"/oplog?max_ops=397{(cursor is null ? "" : $"&cursor={cursor}")}")).Ok();
                seen.AddRange(page.GetProperty("ops").EnumerateArray());
                cursor = page.Text("next_cursor");
                if (last && page.GetProperty("ops").GetArrayLength() == 0)
                    return;
                last = written.IsCancellationRequested;
            }
        });
        await writing;
        await written.CancelAsync();
        await reading;

        foreach (var shard in seen.GroupBy(op => op.Text("shard")))
            Assert.Equal(Enumerable.Range(1, shard.Count()).Select(opid => (long)opid), shard.Select(op => op.Number("opid")));
        foreach (var queue in queues)
            Assert.Equal(400, seen.Count(op => op.Text("queue") == queue));
        // Of a ticket that changed shards, an order over both of them is not promised.
        Assert.All(seen.GroupBy(op => (op.Text("shard"), op.Text("ticket_id"))), ticket => Assert.Equal(ticket.Select(op => op.Number("version")).Order(), ticket.Select(op => op.Number("version"))));
    }

    [Fact]
    public async Task A_queue_filter_answers_the_queues_ops_and_no_other()
    {
        var (queue, other) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0"));
        var ids = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            ids.Add(await app.Admin.CreateAsync(queue));
            await app.Admin.CreateAsync(other);
        }

        Assert.Equal(ids, (await app.Admin.ReadAllAsync(queue: queue, maxOps: 5)).Select(op => op.Text("ticket_id")));
        (await app.Admin.GetAsync("/oplog?queue=no/such/queue")).Problem(400, "queue_not_found");
    }

    [Fact]
    public async Task Ops_of_a_queue_that_another_process_just_made_are_told_with_its_name_and_never_skipped()
    {
        var prefix = RunningApp.NewName("fresh");
        var reader = (await app.SecondAsync()).As((await app.AsAsync(Role.Reader, prefix)).Key);
        await Eventually.IsAsync(async () => (await reader.GetAsync("/queues?prefix=none")).Status == 200);
        var start = await reader.NowAsync();
        var seen = new List<JsonElement>();
        var made = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            made.Add(await app.NewQueueAsync(below: prefix));
            await app.Admin.CreateAsync(made[^1]);
            var page = (await reader.GetAsync($"/oplog?cursor={start}&max_ops=1000")).Ok();
            seen.AddRange(page.GetProperty("ops").EnumerateArray());
            start = page.Text("next_cursor")!;
        }

        Assert.Equal(made, seen.Select(op => op.Text("queue")));
    }

    [Fact]
    public async Task The_cursor_now_begins_with_what_comes_next()
    {
        var queue = await app.NewQueueAsync();
        await app.Admin.CreateAsync(queue);
        var now = (await app.Admin.GetAsync($"/oplog?cursor=now&queue={queue}")).Ok();
        Assert.Equal(0, now.GetProperty("ops").GetArrayLength());

        var id = await app.Admin.CreateAsync(queue);

        Assert.Equal(id, Assert.Single(await app.Admin.ReadAllAsync(now.Text("next_cursor"), queue)).Text("ticket_id"));
    }

    [Fact]
    public async Task A_page_that_is_read_again_is_the_same_page()
    {
        var queue = await app.NewQueueAsync();
        for (var i = 0; i < 5; i++)
            await app.Admin.CreateAsync(queue);
        var cursor = (await app.Admin.GetAsync($"/oplog?max_ops=2&queue={queue}")).Ok().Text("next_cursor");

        var once = (await app.Admin.GetAsync($"/oplog?max_ops=2&queue={queue}&cursor={cursor}")).Ok();
        var again = (await app.Admin.GetAsync($"/oplog?max_ops=2&queue={queue}&cursor={cursor}")).Ok();

        Assert.Equal(2, once.GetProperty("ops").GetArrayLength());
        again.GetProperty("ops").Is(once.GetProperty("ops").GetRawText());
    }

    [Fact]
    public async Task A_reader_with_nothing_to_read_is_told_to_come_later_and_one_with_more_at_once()
    {
        var queue = await app.NewQueueAsync();
        await app.Admin.CreateAsync(queue);
        var page = (await app.Admin.GetAsync($"/oplog?max_ops=1&queue={queue}")).Ok();
        Assert.Equal(0, page.Number("polling_delay_ms"));
        var now = await app.Admin.NowAsync();

        await Eventually.IsAsync(async () => (await app.Admin.GetAsync($"/oplog?queue={queue}&cursor={now}")).Ok().Number("polling_delay_ms") > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_poll_is_answered_soon_after_the_commit_also_of_another_process(bool byAnother)
    {
        var queue = await app.NewQueueAsync();
        var writer = byAnother ? await app.SecondAsync() : app.Admin;
        await writer.GetAsync($"/queues?queue={queue}");
        for (var i = 0; i < 3; i++)
        {
            var cursor = await app.Admin.NowAsync();
            var polling = app.Admin.GetAsync($"/oplog?queue={queue}&cursor={cursor}&wait=30");
            await Task.Delay(150);
            Assert.False(polling.IsCompleted);

            var id = await writer.CreateAsync(queue);
            var committed = Stopwatch.StartNew();
            var page = (await polling).Ok();

            // Woken by the commit, not by the end of its own wait.
            Assert.InRange(committed.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
            Assert.Equal(id, Assert.Single(page.GetProperty("ops").EnumerateArray()).Text("ticket_id"));
        }
    }

    [Fact]
    public async Task A_long_poll_is_not_woken_for_good_by_other_queues_and_ends_with_its_time()
    {
        var (queue, other) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0"));
        var cursor = await app.Admin.NowAsync();
        var waited = Stopwatch.StartNew();
        var polling = app.Admin.GetAsync($"/oplog?queue={queue}&cursor={cursor}&wait=2");
        for (var i = 0; i < 5; i++)
            await app.Admin.CreateAsync(other);

        var page = (await polling).Ok();

        Assert.Equal(0, page.GetProperty("ops").GetArrayLength());
        Assert.InRange(waited.Elapsed, TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(30));
        var id = await app.Admin.CreateAsync(queue);
        Assert.Equal(id, Assert.Single(await app.Admin.ReadAllAsync(page.Text("next_cursor"), queue)).Text("ticket_id"));
    }

    [Fact]
    public async Task A_forged_or_foreign_cursor_is_refused()
    {
        var queue = await app.NewQueueAsync();
        await app.Admin.CreateAsync(queue);
        await app.Admin.CreateAsync(queue);
        var mine = await app.Admin.NowAsync();
        var search = (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "limit": 1}""")).Ok().Text("next_cursor");

        foreach (var cursor in new[] { "forged", "", "NOW", "%20", search, await app.Admin.NonceAsync(), mine[..^2], $"{mine[..5]}{(mine[5] == 'A' ? 'B' : 'A')}{mine[6..]}", new string('A', 5000) })
            (await app.Admin.GetAsync($"/oplog?cursor={cursor}")).Problem(400, "invalid_cursor");
    }

    [Theory]
    [InlineData("max_ops=0")]
    [InlineData("max_ops=1001")]
    [InlineData("max_ops=x")]
    [InlineData("max_ops=-1")]
    [InlineData("max_ops=")]
    [InlineData("wait=61")]
    [InlineData("wait=1.5")]
    [InlineData("wait=99999999999999999999")]
    [InlineData("queue=%00")]
    [InlineData("max_ops=1&max_ops=2")]
    public async Task A_parameter_out_of_its_range_is_refused_by_name(string query)
    {
        Assert.Contains(query[..query.IndexOf('=', StringComparison.Ordinal)], (await app.Admin.GetAsync($"/oplog?{query}")).Problem(400, "invalid_parameter").Text("detail"), StringComparison.Ordinal);
    }
}
