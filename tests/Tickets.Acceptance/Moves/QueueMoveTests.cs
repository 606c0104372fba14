using Npgsql;
using Tickets.Acceptance.ChangeLog;
using Tickets.Local;

namespace Tickets.Acceptance.Moves;

public class QueueMoveTests(RunningApp app)
{
    [Theory]
    [InlineData("hot-0", "hot-1")]
    [InlineData("hot-0", "hot-0,hot-1")]
    [InlineData("hot-0,hot-1", "hot-1")]
    public async Task A_queue_moves_between_shards_under_traffic_with_every_answer_kept(string from, string to)
    {
        var queue = await NewQueueAsync(from);
        Api[] processes = [app.Admin, await app.SecondAsync()];
        var start = await OplogReader.NowAsync(app.Admin);
        await using var relocator = await Relocator.StartAsync(app.Stack);
        await using var traffic = new QueueTraffic(queue, processes).Start();
        await traffic.FlowsAsync();

        await relocator.MoveAsync(queue, "move", to.Split(','));
        await traffic.FlowsAsync();
        await relocator.ClearAsync(queue, "move");
        await traffic.FlowsAsync();
        var kept = await traffic.VerifyAsync();

        var settings = (await app.Admin.GetAsync($"/queues?queue={queue}")).Ok();
        Assert.Equal(to.Split(','), settings.GetProperty("shards").EnumerateArray().Select(shard => shard.GetString()!));
        Assert.False(settings.TryGetProperty("moving", out _));
        Assert.Equal(kept.Select(ticket => ticket.Id).Order(), (await FindAllAsync(queue)).Order());
        await EveryChangeIsToldOnceAsync(queue, start, kept);
        foreach (var (shard, database) in app.Stack.Shards)
            Assert.Equal(to.Split(',').Contains(shard), await CountAsync(database, queue) > 0);
    }

    [Fact]
    public async Task A_copy_that_is_cut_off_again_and_again_is_taken_up_where_it_was()
    {
        var queue = await NewQueueAsync("hot-0");
        await BulkAsync(queue, 5000);
        await using var relocator = await Relocator.StartAsync(app.Stack);
        await using var traffic = new QueueTraffic(queue, app.Admin).Start(2);
        await traffic.FlowsAsync(20);

        Assert.False((await relocator.Steps.BeginAsync(queue, "move", ["hot-1"], CancellationToken.None)).IsProblem);
        for (var after = 5; after < 400; after += after)
        {
            using var cut = new CancellationTokenSource(after);
            try
            {
                await relocator.Steps.CopyAsync(queue, "move", TimeSpan.FromSeconds(60), _ => { }, cut.Token);
                await relocator.Steps.SwitchAsync(queue, "move", cut.Token);
            }
            catch (Exception) when (cut.IsCancellationRequested)
            {
                // As if the process had died here: another one goes on. The driver may also tell of a row that it did not expect.
            }
        }

        await relocator.MoveAsync(queue, "move", "hot-1");
        var kept = await traffic.VerifyAsync();

        Assert.Equal(5000 + kept.Count, await CountAsync(app.Stack.Shards["hot-1"], queue));
        Assert.Equal(5000 + kept.Count, (await FindAllAsync(queue)).Count);
    }

    [Fact]
    public async Task A_process_that_slept_through_the_switch_cannot_write_to_the_old_shard()
    {
        var queue = await NewQueueAsync("hot-0");
        var id = await app.Admin.CreateAsync(queue);
        await using var relocator = await Relocator.StartAsync(app.Stack);
        var sleeper = await app.Stack.StartAppAsync();
        var late = app.Admin.At(sleeper.Address);
        (await late.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"group": "before"} }""")).Ok();

        await SignalAsync(sleeper, "STOP");
        // Taken up by the sleeping process's sockets, and done by it with the settings that it went to sleep with.
        var writing = Enumerable.Range(0, 20).Select(_ => late.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"group": "late"} }""")).ToList();
        await relocator.MoveAsync(queue, "move", "hot-1");
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "expected": {"ticket.version": 2}, "set": {"group": "after"} }""")).Ok();
        await SignalAsync(sleeper, "CONT");

        Assert.All(await Task.WhenAll(writing), answer => answer.Ok());
        var ticket = await app.Admin.TicketAsync(queue, id);
        Assert.Equal(23, ticket.Number("version"));
    }

    [Fact]
    public async Task A_move_that_is_given_up_leaves_the_queue_where_it_was_and_may_be_tried_again()
    {
        var queue = await NewQueueAsync("hot-0");
        await using var relocator = await Relocator.StartAsync(app.Stack);
        await using var traffic = new QueueTraffic(queue, app.Admin).Start(2);
        await traffic.FlowsAsync(20);

        Assert.False((await relocator.Steps.BeginAsync(queue, "first", ["hot-1"], CancellationToken.None)).IsProblem);
        Assert.Equal("queue_already_moving", (await relocator.Steps.BeginAsync(queue, "second", ["hot-1"], CancellationToken.None)).Problem!.Code);
        Assert.True(await relocator.Steps.CopyAsync(queue, "first", TimeSpan.FromSeconds(60), _ => { }, CancellationToken.None));
        Assert.True(await CountAsync(app.Stack.Shards["hot-1"], queue) > 0);
        Assert.True(await relocator.Steps.CancelAsync(queue, "first", CancellationToken.None));
        await relocator.Steps.SwitchAsync(queue, "first", CancellationToken.None);

        Assert.Equal(0, await CountAsync(app.Stack.Shards["hot-1"], queue));
        Assert.Equal("hot-0", (await app.Admin.GetAsync($"/queues?queue={queue}")).Ok().GetProperty("shards")[0].GetString());
        await traffic.FlowsAsync(20);
        await relocator.MoveAsync(queue, "second", "hot-1");
        await traffic.VerifyAsync();
        Assert.False(await relocator.Steps.CancelAsync(queue, "second", CancellationToken.None));
    }

    private static async Task SignalAsync(AppProcess process, string signal)
    {
        using var kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", process.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task<string> NewQueueAsync(string shards)
    {
        var queue = RunningApp.NewName("moves");
        var names = string.Join(", ", shards.Split(',').Select(shard => $"\"{shard}\""));
        (await app.Admin.PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1", "shards": [{{names}}]}""", ("If-None-Match", "*"))).Ok();
        return queue;
    }

    private async Task BulkAsync(string queue, int count)
    {
        for (var done = 0; done < count; done += 1000)
            (await app.Admin.PostAsync("/tickets/bulk", $$"""{"items": [{{string.Join(", ", Enumerable.Repeat($$"""{"create": {"queue": "{{queue}}", "meta": {"a": 1} } }""", 1000))}}]}""")).Ok();
    }

    private async Task<List<string>> FindAllAsync(string queue)
    {
        var ids = new List<string>();
        for (string? cursor = null; ;)
        {
            var next = cursor is null ? "" : $", \"cursor\": \"{cursor}\"";
            var page = (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "projection": ["ticket_id"], "limit": 1000{{next}} }""")).Ok();
            ids.AddRange(page.GetProperty("tickets").EnumerateArray().Select(ticket => ticket.Text("ticket_id")!));
            if (!page.TryGetProperty("next_cursor", out var more))
                return ids;
            cursor = more.GetString();
        }
    }

    /// <summary>The versions that the log tells of each ticket, whichever shard wrote them, are 1, 2, 3 … with none twice.</summary>
    private async Task EveryChangeIsToldOnceAsync(string queue, string start, IReadOnlyCollection<QueueTraffic.Kept> kept)
    {
        var told = (await app.Admin.ReadAllAsync(start, queue)).GroupBy(op => op.Text("ticket_id")!).ToDictionary(ticket => ticket.Key, ticket => ticket.Select(op => op.Number("version")).Order());
        foreach (var ticket in kept)
            Assert.Equal(Enumerable.Range(1, (int)ticket.Version).Select(version => (long)version), told[ticket.Id]);
    }

    private async Task<long> CountAsync(string database, string queue)
    {
        var settings = Databases.Of(app.Stack.SettingsDatabase);
        await using var find = settings.CreateCommand("select queue_id from queues where name = $1");
        find.Parameters.AddWithValue(queue);
        var id = (int)(await find.ExecuteScalarAsync())!;
        var shard = Databases.Of(database);
        await using var count = shard.CreateCommand($"select count(*) from tickets where queue_id = {id}");
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
