using Npgsql;
using Tickets.Acceptance.Operations;

namespace Tickets.Acceptance.Moves;

public class QueueMoveOperationTests(RunningApp app)
{
    [Fact]
    public async Task A_queue_is_moved_by_an_operation_that_tells_its_progress_and_clears_up()
    {
        await using var side = await SideApp.StartAsync(app, environment: ("Settings__MaxStaleness", "00:00:05"));
        var queue = await side.NewQueueAsync("hot-0");
        await using var traffic = new QueueTraffic(queue, side.Admin).Start(3);
        await traffic.FlowsAsync();

        var started = await side.Admin.PostAsync("/queues/moves", $$"""{"queue": "{{queue}}", "shards": ["hot-1"]}""");
        Assert.Equal(202, started.Status);
        var location = started.Headers["Operation-Location"];
        Assert.Equal($"/api/v1/operations/{started.Json.Text("id")}", location);
        Assert.NotEmpty(started.Headers["Retry-After"]);
        (await side.Admin.PostAsync("/queues/moves", $$"""{"queue": "{{queue}}", "shards": ["hot-1"]}""")).Problem(409, "queue_already_moving");
        var operation = await side.Admin.EndAsync(started.Json.Text("id")!);

        Assert.Equal("succeeded", operation.Text("status"));
        Assert.Equal("move_queue", operation.Text("kind"));
        Assert.Equal("tickets", operation.GetProperty("progress").Text("unit"));
        Assert.True(operation.GetProperty("result").Number("tickets") > 0);
        await traffic.FlowsAsync();
        await traffic.VerifyAsync();
        Assert.Equal("hot-1", (await side.Admin.GetAsync($"/queues?queue={queue}")).Ok().GetProperty("shards")[0].GetString());
        await using var old = NpgsqlDataSource.Create(side.Stack.Shards["hot-0"]);
        await using var left = old.CreateCommand("select (select count(*) from tickets) + (select count(*) from ticket_meta)");
        Assert.Equal(0L, await left.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_move_cancelled_before_its_switch_leaves_the_queue_where_it_was()
    {
        await using var side = await SideApp.StartAsync(app);
        var queue = await side.NewQueueAsync("hot-0");
        var id = await side.Admin.CreateAsync(queue);

        await using var target = NpgsqlDataSource.Create(side.Stack.Shards["hot-1"]);
        await using var connection = await target.OpenConnectionAsync();
        await using var stalling = await connection.BeginTransactionAsync();
        await using (var stall = new NpgsqlCommand("lock table arriving_queues in access exclusive mode", connection))
            await stall.ExecuteNonQueryAsync();
        var started = await side.Admin.PostAsync("/queues/moves", $$"""{"queue": "{{queue}}", "shards": ["hot-1"]}""");
        await Eventually.IsAsync(async () => (await side.Admin.GetAsync($"/queues?queue={queue}")).Ok().TryGetProperty("moving", out _));
        Assert.Equal("running", (await side.Admin.PostAsync($"/operations/{started.Json.Text("id")}/cancel", null)).Ok().Text("status"));
        await stalling.RollbackAsync();

        Assert.Equal("canceled", (await side.Admin.EndAsync(started.Json.Text("id")!)).Text("status"));
        var settings = (await side.Admin.GetAsync($"/queues?queue={queue}")).Ok();
        Assert.False(settings.TryGetProperty("moving", out _));
        Assert.Equal("hot-0", settings.GetProperty("shards")[0].GetString());
        (await side.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"group": "still here"} }""")).Ok();
        await using var copied = target.CreateCommand("select (select count(*) from tickets) + (select count(*) from arriving_queues)");
        Assert.Equal(0L, await copied.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_move_that_makes_no_sense_is_refused_at_once()
    {
        var queue = await app.NewQueueAsync("hot-0");

        (await app.Admin.PostAsync("/queues/moves", $$"""{"queue": "{{queue}}", "shards": ["hot-9"]}""")).Problem(400, "invalid_field", "/shards");
        (await app.Admin.PostAsync("/queues/moves", $$"""{"queue": "{{queue}}", "shards": ["hot-0"]}""")).Problem(400, "invalid_field", "/shards");
        (await app.Admin.PostAsync("/queues/moves", $$"""{"queue": "{{queue}}", "shards": []}""")).Problem(400, "invalid_field", "/shards");
        (await app.Admin.PostAsync("/queues/moves", $$"""{"queue": "{{queue}}", "shards": ["hot-1", "hot-1"]}""")).Problem(400, "invalid_field", "/shards");
        (await app.Admin.PostAsync("/queues/moves", $$"""{"queue": "no/such", "shards": ["hot-1"]}""")).Problem(400, "queue_not_found");
        (await (await app.AsAsync(Role.Robot)).PostAsync("/queues/moves", $$"""{"queue": "{{queue}}", "shards": ["hot-1"]}""")).Problem(403, "forbidden");
    }
}
