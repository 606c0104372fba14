namespace Tickets.Acceptance.Archive;

public class ArchiveTests(RunningApp app)
{
    [Theory]
    [InlineData("hot-0")]
    [InlineData("hot-1")]
    public async Task A_closed_ticket_past_its_retention_is_read_cold_as_it_was_hot(string shard)
    {
        var queue = await app.NewQueueAsync(shard, retention: "PT0S");
        var id = await app.Admin.CreateAsync(queue, "\"group\": \"night\", \"parent_id\": \"7\", \"created_at\": \"1990-01-02T03:04:05.678901Z\", \"meta\": {\"report\": {\"a\": 1.50, \"n\": \"é\\u0000\"}, \"gone\": 1, \"null\": null}, \"indexed_meta\": {\"cost\": -5, \"state\": \"TX\"}");
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"meta.report": [1.50, "Möwe"]}, "unset": ["meta.gone"]}""")).Ok();
        await app.Admin.CloseAsync(queue, id);
        var hot = await app.Admin.GetAsync($"/tickets/{id}?queue={queue}");

        await Archiving.MoveAsync(app.Admin, queue, id);

        foreach (var process in new[] { app.Admin, await app.SecondAsync() })
        {
            var cold = await process.GetAsync($"/tickets/{id}?queue={queue}");
            cold.Ok().Is(hot.Text.Replace("\"tier\":\"hot\"", "\"tier\":\"cold\"", StringComparison.Ordinal));
            Assert.Equal(hot.Headers["ETag"], cold.Headers["ETag"]);
            Assert.InRange(int.Parse(cold.Headers["x-storage-requests"]), 1, 6);
            (await process.GetAsync($"/tickets/{id}")).Ok().Is(cold.Text);
            (await process.GetAsync($"/tickets/{id}?queue={queue}&projection=status,meta.report,tier")).Ok()
                .Is("""{"status": "closed", "meta": {"report": {"version": 2, "data": [1.50, "Möwe"]}}, "tier": "cold"}""");
        }
    }

    [Fact]
    public async Task The_change_log_tells_that_a_ticket_was_archived()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        var id = await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, id);

        await Archiving.MoveAsync(app.Admin, queue, id);

        var ops = (await app.Admin.GetAsync($"/oplog?queue={queue}")).Ok().GetProperty("ops");
        Assert.Equal(["created", "updated", "archived"], ops.EnumerateArray().Select(op => op.Text("kind")));
        Assert.Equal((id, 2), (ops[2].Text("ticket_id"), ops[2].Number("version")));
    }

    [Fact]
    public async Task An_archived_ticket_cannot_be_changed()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        var id = await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, id);
        await Archiving.MoveAsync(app.Admin, queue, id);

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"group": "x"} }""")).Problem(409, "ticket_archived");
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"group": "x"}}""")).Problem(409, "ticket_archived");
        (await app.Admin.PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "me"}""")).Problem(409, "ticket_archived");
        Assert.Equal(0, (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"} }""")).Ok().GetProperty("tickets").GetArrayLength());
    }

    [Fact]
    public async Task Tickets_that_are_open_or_not_yet_due_stay_hot()
    {
        var (soon, later) = (await app.NewQueueAsync(retention: "PT0S"), await app.NewQueueAsync(retention: "PT1H"));
        var (open, moved, kept) = (await app.Admin.CreateAsync(soon), await app.Admin.CreateAsync(soon), await app.Admin.CreateAsync(later));
        await app.Admin.CloseAsync(soon, moved);
        await app.Admin.CloseAsync(later, kept);

        await Archiving.MoveAsync(app.Admin, soon, moved);

        Assert.Equal("hot", (await app.Admin.TicketAsync(soon, open)).Text("tier"));
        Assert.Equal("hot", (await app.Admin.TicketAsync(later, kept)).Text("tier"));
    }

    [Fact]
    public async Task Readers_of_two_processes_find_every_ticket_at_every_instant_of_its_move()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        Api[] processes = [app.Admin, await app.SecondAsync()];
        var ids = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var id = await app.Admin.CreateAsync(queue, $"\"created_at\": \"1990-01-{i % 28 + 1:00}T00:00:00Z\", \"meta\": {{\"n\": {i}}}");
            await app.Admin.CloseAsync(queue, id);
            return id;
        }));
        using var moved = new CancellationTokenSource();
        var cold = 0;

        var reading = Task.WhenAll(Enumerable.Range(0, 6).Select(reader => Task.Run(async () =>
        {
            for (var i = reader * 31; !moved.IsCancellationRequested; i++)
            {
                var n = i % ids.Length;
                // Answers are 200 with the right content, hot or cold, and never a 404.
                var ticket = (await processes[i % 2].GetAsync(reader < 3 ? $"/tickets/{ids[n]}?queue={queue}" : $"/tickets/{ids[n]}")).Ok();
                Assert.Equal(n, ticket.GetProperty("meta").GetProperty("n").Number("data"));
                if (ticket.Text("tier") == "cold")
                    Interlocked.Increment(ref cold);
                await Task.Delay(2);
            }
        })));
        await Archiving.MoveAsync(app.Admin, queue, ids);
        await moved.CancelAsync();
        await reading;

        Assert.True(cold > 0);
        Assert.Equal(600, (await ChangeLog.OplogReader.ReadAllAsync(app.Admin, queue: queue)).Count);
    }

    [Fact]
    public async Task Updates_that_race_the_archiver_are_made_or_refused_and_never_lost()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        var ids = await Task.WhenAll(Enumerable.Range(0, 120).Select(async i =>
        {
            var id = await app.Admin.CreateAsync(queue, $"\"created_at\": \"1990-01-{i % 28 + 1:00}T00:00:00Z\"");
            await app.Admin.CloseAsync(queue, id);
            return id;
        }));
        var acknowledged = ids.ToDictionary(id => id, _ => 2L);

        var archiving = Archiving.MoveAsync(app.Admin, queue, ids);
        for (var round = 0; round < 20 && !archiving.IsCompleted; round++)
        {
            var updates = await Task.WhenAll(ids.Select(id => app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"meta.late": {{round}} } }""")));
            foreach (var (id, update) in ids.Zip(updates))
            {
                if (update.Status == 200)
                    acknowledged[id] = update.Json.GetProperty("version").Number("ticket");
                else
                    update.Problem(409, "ticket_archived");
            }
        }

        await archiving;
        foreach (var id in ids)
            Assert.Equal(acknowledged[id], (await app.Admin.TicketAsync(queue, id)).Number("version"));
    }

    [Fact]
    public async Task A_queue_may_have_its_closed_tickets_deleted_instead()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        var definition = System.Text.Json.Nodes.JsonNode.Parse((await app.Admin.GetAsync($"/queues?queue={queue}")).Ok().GetRawText())!;
        definition["after_hot_retention"] = "delete";
        definition["cold_retention"] = "P365D";
        var stored = (await app.Admin.PutAsync($"/queues?queue={queue}", definition.ToJsonString(), ("If-Match", $"\"{definition["revision"]}\""))).Ok();
        Assert.Equal(("delete", "P365D"), (stored.Text("after_hot_retention"), stored.Text("cold_retention")));
        var (id, open) = (await app.Admin.CreateAsync(queue), await app.Admin.CreateAsync(queue));
        await app.Admin.CloseAsync(queue, id);

        await Eventually.IsAsync(async () =>
        {
            (await app.Admin.PostAsync($"/archive/runs?queue={queue}", null)).Ok();
            return (await app.Admin.GetAsync($"/tickets/{id}?queue={queue}")).Status == 404;
        });

        (await app.Admin.GetAsync($"/tickets/{id}")).Problem(404, "ticket_not_found");
        Assert.Equal("hot", (await app.Admin.TicketAsync(queue, open)).Text("tier"));
        Assert.Equal("deleted", (await app.Admin.GetAsync($"/oplog?queue={queue}&max_ops=1000")).Ok().GetProperty("ops").EnumerateArray().Last().Text("kind"));
    }

    [Fact]
    public async Task A_closed_ticket_that_goes_to_another_queue_while_it_is_archived_is_found_in_one_queue_only()
    {
        var (from, to) = (await app.NewQueueAsync("hot-0", retention: "PT0S"), await app.NewQueueAsync("hot-0"));
        var ids = await Task.WhenAll(Enumerable.Range(0, 150).Select(async i =>
        {
            var id = await app.Admin.CreateAsync(from, $"\"created_at\": \"1990-01-{(i % 28) + 1:00}T00:00:00Z\"");
            await app.Admin.CloseAsync(from, id);
            return id;
        }));
        var archiving = app.Admin.PostAsync($"/archive/runs?queue={from}", null);
        var moves = await Task.WhenAll(ids.Select(id => app.Admin.PatchAsync($"/tickets/{id}", $"{{\"queue\": \"{from}\", \"set\": {{\"queue\": \"{to}\"}}}}")));
        (await archiving).Ok();
        (await app.Admin.PostAsync($"/archive/runs?queue={from}", null)).Ok();

        foreach (var process in new[] { app.Admin, await app.SecondAsync() })
        {
            foreach (var (id, move) in ids.Zip(moves))
            {
                Assert.True(move.Status is 200 or 409, move.Text);
                (await process.GetAsync($"/tickets/{id}?queue={(move.Status == 200 ? to : from)}")).Ok();
                (await process.GetAsync($"/tickets/{id}?queue={(move.Status == 200 ? from : to)}")).Problem(404, "ticket_not_found");
            }
        }
    }
}
