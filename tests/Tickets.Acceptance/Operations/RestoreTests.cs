using Npgsql;
using Tickets.Core.Operations.Restore;

namespace Tickets.Acceptance.Operations;

public class RestoreTests(RunningApp app)
{
    // Of the advisory lock that an archiver holds of a queue (ArchiveLease).
    private const int ArchiveClass = 0x61726368;

    [Fact]
    public async Task A_restored_ticket_is_hot_again_with_all_that_it_had_and_can_be_changed()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        var other = await app.NewQueueAsync("hot-1");
        var id = (await app.ArchivedAsync(queue, 1))[0];
        var cold = await app.Admin.TicketAsync(queue, id);

        // From here on the clock's archiver finds nothing due in this queue.
        await SetRetentionAsync(queue, "P7D");
        var operation = await app.Admin.RunAsync($"/tickets/{id}/restore", $$"""{"queue": "{{queue}}"}""");
        Assert.Equal("succeeded", operation.Text("status"));
        var hot = await app.Admin.TicketAsync(queue, id);
        Assert.Equal(("hot", cold.Number("version") + 1), (hot.Text("tier"), hot.Number("version")));
        foreach (var member in new[] { "status", "resolution", "created_at", "closed_at", "indexed_meta", "meta", "group", "parent_id" })
            hot.GetProperty(member).Is(cold.GetProperty(member).GetRawText());
        var ops = (await app.Admin.GetAsync($"/oplog?queue={queue}&max_ops=1000")).Ok().GetProperty("ops").EnumerateArray().Where(op => op.Text("ticket_id") == id).ToList();
        Assert.Equal("restored", ops[^1].Text("kind"));
        (await app.Admin.PostAsync($"/tickets/{id}/restore", $$"""{"queue": "{{queue}}"}""")).Problem(409, "ticket_hot");

        // It goes elsewhere, and no stale copy is found where it was.
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"queue": "{{other}}"} }""")).Ok();
        foreach (var process in new[] { app.Admin, await app.SecondAsync() })
        {
            (await process.GetAsync($"/tickets/{id}?queue={queue}")).Problem(404, "ticket_not_found");
            Assert.Equal(other, (await process.GetAsync($"/tickets/{id}")).Ok().Text("queue"));
        }
    }

    [Fact]
    public async Task A_ticket_is_readable_at_every_instant_while_it_comes_back_and_goes_again()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        var id = (await app.ArchivedAsync(queue, 1))[0];
        Api[] processes = [app.Admin, await app.SecondAsync()];
        using var stop = new CancellationTokenSource();
        var reading = Task.WhenAll(Enumerable.Range(0, 4).Select(reader => Task.Run(async () =>
        {
            var version = 0L;
            while (!stop.IsCancellationRequested)
            {
                var ticket = (await processes[reader % 2].GetAsync(reader < 2 ? $"/tickets/{id}?queue={queue}" : $"/tickets/{id}")).Ok();
                Assert.True(ticket.Number("version") >= version, "an older copy was found");
                version = ticket.Number("version");
                await Task.Delay(2);
            }
        })));
        for (var round = 0; round < 3; round++)
        {
            var operation = await app.Admin.PostAsync($"/tickets/{id}/restore", $$"""{"queue": "{{queue}}"}""");
            if (operation.Status == 202)
                await app.Admin.EndAsync(operation.Json.Text("id")!);
            await Archive.Archiving.MoveAsync(app.Admin, queue, id);
        }

        await stop.CancelAsync();
        await reading;
        Assert.True((await app.Admin.TicketAsync(queue, id)).Number("version") >= 5);
    }

    [Fact]
    public async Task A_restore_that_was_cut_off_and_whose_ticket_then_went_to_another_shard_leaves_one_ticket()
    {
        var (queue, other) = (await app.NewQueueAsync("hot-0", retention: "PT0S"), await app.NewQueueAsync("hot-1"));
        var id = (await app.ArchivedAsync(queue, 1))[0];
        await SetRetentionAsync(queue, "P7D");
        await using var process = await CoreProcess.StartAsync(app.Stack);
        var restore = process.Get<RestoreTicket>();
        await process.Get<SettingsCache>().FindQueueAsync(queue, CancellationToken.None);

        // An archiver that has the queue keeps the second step waiting; there the process ends.
        await using var archiver = new NpgsqlConnection(app.Stack.Shards["hot-0"]);
        await archiver.OpenAsync(TestContext.Current.CancellationToken);
        await ExecuteAsync(archiver, $"select pg_advisory_lock({ArchiveClass}, {process.Get<SettingsCache>().Current.Queues[queue].QueueId})");
        using var end = new CancellationTokenSource();
        var cutOff = restore.RunAsync(queue, long.Parse(id), end.Token);
        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("tier") == "hot");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cutOff);
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"queue": "{{other}}"} }""")).Ok();
        await IsOnlyInAsync();

        // The operation's next attempt, in whichever process.
        await ExecuteAsync(archiver, "select pg_advisory_unlock_all()");
        Assert.False((await restore.RunAsync(queue, long.Parse(id), TestContext.Current.CancellationToken)).IsProblem);
        await IsOnlyInAsync();
        Assert.Equal(["restored", "moved_out"], (await ChangeLog.OplogReader.ReadAllAsync(app.Admin, queue: queue)).Select(op => op.Text("kind")).TakeLast(2));
        Assert.Equal("ticket_not_found", (await restore.RunAsync(queue, long.Parse(id), TestContext.Current.CancellationToken)).Problem!.Code);

        async Task IsOnlyInAsync()
        {
            foreach (var api in new[] { app.Admin, await app.SecondAsync() })
            {
                (await api.GetAsync($"/tickets/{id}?queue={queue}")).Problem(404, "ticket_not_found");
                var ticket = (await api.GetAsync($"/tickets/{id}")).Ok();
                Assert.Equal((other, "hot"), (ticket.Text("queue"), ticket.Text("tier")));
            }
        }
    }

    [Fact]
    public async Task What_cannot_be_restored_is_said()
    {
        var queue = await app.NewQueueAsync();
        var open = await app.Admin.CreateAsync(queue);
        (await app.Admin.PostAsync($"/tickets/{open}/restore", $$"""{"queue": "{{queue}}"}""")).Problem(409, "ticket_hot");
        (await app.Admin.PostAsync("/tickets/99999999999/restore", $$"""{"queue": "{{queue}}"}""")).Problem(404, "ticket_not_found");
        (await app.Admin.PostAsync("/tickets/x/restore", $$"""{"queue": "{{queue}}"}""")).Problem(400, "invalid_ticket_id");
        (await app.Admin.PostAsync($"/tickets/{open}/restore", "{}")).Problem(400, "invalid_field", "/queue");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task SetRetentionAsync(string queue, string retention)
    {
        var definition = (await app.Admin.GetAsync($"/queues?queue={queue}")).Ok();
        var body = System.Text.Json.Nodes.JsonNode.Parse(definition.GetRawText())!;
        body["hot_retention"] = retention;
        (await app.Admin.PutAsync($"/queues?queue={queue}", body.ToJsonString(), ("If-Match", $"\"{definition.Number("revision")}\""))).Ok();
    }
}
