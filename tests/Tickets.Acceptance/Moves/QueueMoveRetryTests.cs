using Tickets.Acceptance.Faults;

namespace Tickets.Acceptance.Moves;

/// <summary>What a queue's old and new shard know of tickets that went other ways than their queue.</summary>
public class QueueMoveRetryTests(RunningApp app)
{
    [Theory]
    [InlineData("hot-1")]
    [InlineData("hot-0,hot-1")]
    public async Task Retries_make_no_second_ticket_and_none_is_lost_when_tickets_go_to_other_queues_and_their_own_to_another_shard(string to)
    {
        string[] ways = ["", "near", "far", "far near"];
        var queue = await NewQueueAsync("hot-0");
        var beside = new Dictionary<string, string> { ["near"] = await NewQueueAsync("hot-0"), ["far"] = await NewQueueAsync("hot-1") };
        // Its key has made no ticket yet, so its nonces are at home on the first shard.
        var robot = await app.AsAsync(Role.Robot, "moves");
        var made = new List<(string Body, string Answer, string Id, string Queue)>();
        // Several of each: a split queue leaves some where they are.
        foreach (var way in Enumerable.Repeat(ways, 3).SelectMany(way => way))
        {
            var body = $$"""{"nonce": "{{await robot.NonceAsync()}}", "queue": "{{queue}}", "meta": {"way": "{{way}}"} }""";
            var first = (await robot.PostAsync("/tickets", body)).Ok();
            var (id, at) = (first.Text("ticket_id")!, queue);
            foreach (var step in way.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                (await robot.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{at}}", "set": {"queue": "{{beside[step]}}"} }""", ("Idempotency-Key", step))).Ok();
                at = beside[step];
            }

            made.Add((body, first.GetRawText(), id, at));
        }

        await using var relocator = await Relocator.StartAsync(app.Stack);
        await relocator.MoveAsync(queue, "move", to.Split(','));

        foreach (var (body, answer, id, at) in made)
        {
            (await robot.PostAsync("/tickets", body)).Ok().Is(answer);
            Assert.Equal(at, (await robot.GetAsync($"/tickets/{id}")).Ok().Text("queue"));
            foreach (var other in beside.Values.Append(queue).Where(other => other != at))
                (await robot.GetAsync($"/tickets/{id}?queue={other}")).Problem(404, "ticket_not_found");
            (await robot.PatchAsync($"/tickets/{id}", """{"set": {"group": "found"} }""")).Ok();
        }

        // The first steps named the queue that has moved since.
        foreach (var id in made.Where(ticket => ticket.Queue == beside["near"]).Select(ticket => ticket.Id))
        {
            var way = (await robot.GetAsync($"/tickets/{id}")).Ok().GetProperty("meta").GetProperty("way").Text("data")!;
            var (step, versions) = (way.Split(' ')[0], way.Split(' ').Length + 2);
            var again = (await robot.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"queue": "{{beside[step]}}"} }""", ("Idempotency-Key", step))).Ok();
            Assert.Equal(2, again.GetProperty("version").Number("ticket"));
            Assert.Equal(versions, (await robot.GetAsync($"/tickets/{id}")).Ok().Number("version"));
        }
    }

    [Fact]
    public async Task A_nonce_that_was_claimed_for_the_old_shard_and_not_used_there_makes_its_ticket_on_the_new_one_once()
    {
        await using var side = await SideApp.StartAsync(app);
        var queue = await side.NewQueueAsync("hot-1");
        // Nothing was made with this key yet, so its nonces are at home on the first shard.
        var nonces = await side.Admin.NoncesAsync(2);
        var used = $$"""{"queue": "{{queue}}", "nonce": "{{nonces[0]}}"}""";
        var first = (await side.Admin.PostAsync("/tickets", used)).Ok();
        // As a process leaves it that dies between the claim at home and the create.
        var unused = $$"""{"queue": "{{queue}}", "nonce": "{{nonces[1]}}"}""";
        await using (var held = await HeldHead.OfAsync(side.Stack.Shards["hot-1"]))
        {
            var creating = side.Admin.PostAsync("/tickets", unused);
            await Eventually.IsAsync(held.EndWhoWaitsAsync);
            (await creating).Problem(503, "outcome_unknown");
        }

        await using var home = Npgsql.NpgsqlDataSource.Create(side.Stack.Shards["hot-0"]);
        await using var claims = home.CreateCommand("select count(*) from ticket_numbers_used where queue_id is null and claimed_for = 'hot-1'");
        Assert.Equal(2L, await claims.ExecuteScalarAsync());
        await using var relocator = await Relocator.StartAsync(side.Stack);
        await relocator.MoveAsync(queue, "move", "hot-0");

        var made = (await side.Admin.PostAsync("/tickets", unused)).Ok();
        (await side.Admin.PostAsync("/tickets", unused)).Ok().Is(made.GetRawText());
        (await side.Admin.PostAsync("/tickets", used)).Ok().Is(first.GetRawText());
        Assert.Equal(2, (await side.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"} }""")).Ok().GetProperty("tickets").GetArrayLength());
    }

    private Task<string> NewQueueAsync(string shard) => app.NewQueueAsync(shard, below: "moves");
}
