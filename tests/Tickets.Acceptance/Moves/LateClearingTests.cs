using System.Collections.Concurrent;
using Npgsql;

namespace Tickets.Acceptance.Moves;

/// <summary>Tickets that go on before what they left behind is cleared away.</summary>
public class LateClearingTests(RunningApp app)
{
    [Fact]
    public async Task A_ticket_that_has_come_back_is_untouched_when_its_first_departure_is_cleared_away_at_last()
    {
        var (a, b, c) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-1"), await app.NewQueueAsync("hot-0"));
        var id = await app.Admin.CreateAsync(a);
        await using (await StandingDeparture.OfAsync(app.Stack.Shards["hot-0"], id))
        {
            await MoveAsync(id, a, b);
            // Nothing is cleared away yet, but for readers the ticket is in one queue.
            Assert.Empty(await FindAsync(a));
            Assert.Equal(id, Assert.Single(await FindAsync(b)));
            (await app.Admin.GetAsync($"/tickets/{id}?queue={a}")).Problem(404, "ticket_not_found");
            await MoveAsync(id, b, c);
        }

        // Who writes to it in its first queue has that departure finished.
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{a}}", "set": {"group": "late"} }""")).Problem(404, "ticket_not_found");

        Assert.Equal(c, (await app.Admin.GetAsync($"/tickets/{id}")).Ok().Text("queue"));
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"group": "found"} }""")).Ok();
        Assert.Equal((0, 0, 1), ((await FindAsync(a)).Count, (await FindAsync(b)).Count, (await FindAsync(c)).Count));
    }

    [Fact]
    public async Task Movers_and_updaters_of_the_same_tickets_lose_no_ticket_and_no_change()
    {
        string[] queues = [await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-1"), await app.NewQueueAsync("hot-0")];
        Api[] processes = [app.Admin, await app.SecondAsync()];
        var ids = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => app.Admin.CreateAsync(queues[0])));
        var told = new ConcurrentBag<(string Id, long Version)>();
        var faults = new ConcurrentBag<string>();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var n = 0; n < 60; n++)
            {
                var id = ids[random.Next(ids.Length)];
                var change = worker % 2 == 0 ? $$""" "queue": "{{queues[random.Next(3)]}}", "meta.by": {{worker}} """ : $$""" "meta.by": {{worker}} """;
                var answer = await processes[worker / 4].PatchAsync($"/tickets/{id}", $$"""{"set": { {{change}} } }""");
                if (answer.Status == 200)
                    told.Add((id, answer.Json.GetProperty("version").Number("ticket")));
                else if (answer.Status != 503)
                    faults.Add($"{answer.Status} {answer.Text}");
            }
        })));

        Assert.Empty(faults);
        foreach (var id in ids)
        {
            await Eventually.IsAsync(async () => (await app.Admin.PatchAsync($"/tickets/{id}", """{"expected": {"meta.by": {"exists": true} } }""")).Status == 200);
            var ticket = (await app.Admin.GetAsync($"/tickets/{id}")).Ok();
            Assert.Equal(Enumerable.Range(2, (int)ticket.Number("version") - 1).Select(version => (long)version), told.ToArray().Where(change => change.Id == id).Select(change => change.Version).Order());
            foreach (var queue in queues)
            {
                Assert.Equal(queue == ticket.Text("queue") ? 200 : 404, (await app.Admin.GetAsync($"/tickets/{id}?queue={queue}")).Status);
                Assert.Equal(queue == ticket.Text("queue"), (await FindAsync(queue)).Contains(id));
            }
        }
    }

    private async Task MoveAsync(string id, string from, string to) =>
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{from}}", "set": {"queue": "{{to}}"} }""")).Ok();

    private async Task<List<string>> FindAsync(string queue) =>
        (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "projection": ["ticket_id"]}""")).Ok().GetProperty("tickets").EnumerateArray().Select(ticket => ticket.Text("ticket_id")!).ToList();

    /// <summary>While it lives, the departure of one ticket cannot be cleared away: as if every process that tries died before it.</summary>
    private sealed class StandingDeparture(NpgsqlDataSource shard, string name) : IAsyncDisposable
    {
        public static async Task<StandingDeparture> OfAsync(string database, string id)
        {
            var standing = new StandingDeparture(NpgsqlDataSource.Create(database), $"stands_{id}");
            await standing.ExecuteAsync($"create function {standing.Name}() returns trigger language plpgsql as 'begin return null; end'");
            await standing.ExecuteAsync($"create trigger {standing.Name} before delete on departures for each row when (old.ticket_id = {id}) execute function {standing.Name}()");
            return standing;
        }

        private string Name => name;

        public async ValueTask DisposeAsync()
        {
            await ExecuteAsync($"drop trigger {name} on departures");
            await ExecuteAsync($"drop function {name}()");
            await shard.DisposeAsync();
        }

        private async Task ExecuteAsync(string sql)
        {
            await using var command = shard.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }
}
