using Npgsql;
using Tickets.Acceptance.Moves;

namespace Tickets.Acceptance.Faults;

public class LostTargetTests(RunningApp app)
{
    [Fact]
    public async Task A_lost_shard_does_not_hurt_queues_that_tickets_leave_for_it_nor_callers_whose_nonces_it_kept()
    {
        await using var side = await SideApp.StartAsync(app);
        var api = side.Admin;
        var (alive, lost) = (await side.NewQueueAsync("hot-0"), await side.NewQueueAsync("hot-1"));
        var (leaving, staying) = (await api.CreateAsync(alive), await api.CreateAsync(alive));
        // This caller's nonces are at home on the shard that is lost.
        (await api.PostAsync("/tickets", $$"""{"queue": "{{lost}}", "nonce": "{{await api.NonceAsync()}}"}""")).Ok();
        var kept = $$"""{"queue": "{{alive}}", "nonce": "{{await api.NonceAsync()}}"}""";

        // The shard is lost while a ticket is about to arrive there: its departure is committed, its arrival waits.
        await using var held = await HeldHead.OfAsync(side.Stack.Shards["hot-1"]);
        var moving = api.PatchAsync($"/tickets/{leaving}", $$"""{"set": {"queue": "{{lost}}"} }""");
        await using var here = NpgsqlDataSource.Create(side.Stack.Shards["hot-0"]);
        await using var departed = here.CreateCommand("select count(*) from departures");
        await Eventually.IsAsync(async () => (long)(await departed.ExecuteScalarAsync())! == 1);
        await side.CloseAsync(side.Stack.Shards["hot-1"]);

        // It was decided before, so the move is certain; until the ticket can arrive it is read where it was.
        (await moving).Ok();
        var found = (await api.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{alive}}"} }""")).Ok().GetProperty("tickets");
        Assert.Equal(2, found.GetArrayLength());
        Assert.Equal(alive, (await api.GetAsync($"/tickets/{leaving}")).Ok().Text("queue"));
        Assert.Equal(alive, (await api.GetAsync($"/tickets/{leaving}?queue={alive}")).Ok().Text("queue"));

        // Others are told before they leave, and stay as they are.
        (await api.PatchAsync($"/tickets/{staying}", $$"""{"set": {"queue": "{{lost}}"} }""")).Problem(503, "unavailable");
        (await api.PatchAsync($"/tickets/{staying}", """{"set": {"group": "still here"} }""")).Ok();

        // What the lost shard alone knows waits for it; new nonces are at home elsewhere, also after a create was tried there.
        (await api.PostAsync("/tickets", kept)).Problem(503, "unavailable");
        for (var i = 0; i < 2; i++)
        {
            (await api.PostAsync("/tickets", $$"""{"queue": "{{alive}}", "nonce": "{{await api.NonceAsync()}}"}""")).Ok();
            Assert.Equal(503, (await api.PostAsync("/tickets", $$"""{"queue": "{{lost}}", "nonce": "{{await api.NonceAsync()}}"}""")).Status);
        }

        await side.OpenAsync(side.Stack.Shards["hot-1"]);
        await Eventually.IsAsync(async () => (await api.PostAsync("/tickets", kept)).Status == 200);
        await Eventually.IsAsync(async () => (await api.PatchAsync($"/tickets/{leaving}", """{"set": {"group": "arrived"} }""")).Status == 200);
        Assert.Equal(lost, (await api.GetAsync($"/tickets/{leaving}")).Ok().Text("queue"));
    }

    [Fact(Explicit = true)]
    public async Task A_queue_is_not_switched_and_serves_on_while_a_ticket_that_left_it_cannot_arrive()
    {
        await using var side = await SideApp.StartAsync(app);
        var api = side.Admin;
        var (queue, target) = (await side.NewQueueAsync("hot-0"), await side.NewQueueAsync("hot-1"));
        var (leaving, staying) = (await api.CreateAsync(queue), await api.CreateAsync(queue));
        await using var relocator = await Relocator.StartAsync(side.Stack);
        await using (await HeldHead.OfAsync(side.Stack.Shards["hot-1"]))
        {
            (await api.PatchAsync($"/tickets/{leaving}", $$"""{"set": {"queue": "{{target}}"} }""")).Ok();
            Assert.False((await relocator.Steps.BeginAsync(queue, "move", ["hot-1"], CancellationToken.None)).IsProblem);
            Assert.True(await relocator.Steps.CopyAsync(queue, "move", TimeSpan.FromSeconds(60), _ => { }, CancellationToken.None));
            await Assert.ThrowsAsync<TimeoutException>(() => relocator.Steps.SwitchAsync(queue, "move", CancellationToken.None));

            Assert.Equal("copying", (await api.GetAsync($"/queues?queue={queue}")).Ok().GetProperty("moving").Text("phase"));
            (await api.PatchAsync($"/tickets/{staying}", $$"""{"queue": "{{queue}}", "set": {"group": "still here"} }""")).Ok();
        }

        await relocator.MoveAsync(queue, "move", "hot-1");
        Assert.Equal("still here", (await api.GetAsync($"/tickets/{staying}?queue={queue}")).Ok().Text("group"));
        await Eventually.IsAsync(async () => (await api.GetAsync($"/tickets/{leaving}")).Ok().Text("queue") == target);
    }
}
