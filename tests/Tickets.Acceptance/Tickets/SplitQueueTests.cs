using Npgsql;
using Tickets.Acceptance.ChangeLog;

namespace Tickets.Acceptance.Tickets;

public class SplitQueueTests(RunningApp app)
{
    [Fact]
    public async Task A_queue_split_over_shards_answers_as_one()
    {
        var queue = RunningApp.NewName("split");
        (await app.Admin.PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1", "shards": ["hot-0", "hot-1"]}""", ("If-None-Match", "*"))).Ok();
        var start = await app.Admin.NowAsync();
        var created = new List<string>();
        for (var n = 0; n < 60; n++)
            created.Add(await app.Admin.CreateAsync(queue, $"\"indexed_meta\": {{\"cost\": {n % 3}, \"state\": \"CA\"}}"));

        foreach (var database in app.Stack.Shards.Values)
            Assert.InRange(await CountAsync(database, created), 10, 50);

        var found = new List<string>();
        for (string? next = ""; next is not null;)
        {
            var page = (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}", "indexed_meta": {"state": "CA", "cost": 1} }, "projection": ["ticket_id"], "limit": 7{{next}} }""")).Ok();
            found.AddRange(page.GetProperty("tickets").EnumerateArray().Select(ticket => ticket.Text("ticket_id")!));
            next = page.TryGetProperty("next_cursor", out var cursor) ? $", \"cursor\": \"{cursor.GetString()}\"" : null;
        }

        Assert.Equal(created.Where((_, n) => n % 3 == 1).OrderBy(long.Parse), found);
        foreach (var id in created)
        {
            (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"group": "day"} }""")).Ok();
            Assert.Equal("day", (await app.Admin.TicketAsync(queue, id)).Text("group"));
        }

        var ops = await app.Admin.ReadAllAsync(start, queue);
        Assert.Equal(2, ops.Select(op => op.Text("shard")).Distinct().Count());
        Assert.Equal(created.Order(), ops.Where(op => op.Text("kind") == "created").Select(op => op.Text("ticket_id")!).Order());
        Assert.All(ops.GroupBy(op => op.Text("ticket_id")), ticket => Assert.Equal([1L, 2L], ticket.Select(op => op.Number("version"))));
    }

    private static async Task<long> CountAsync(string database, List<string> ids)
    {
        await using var shard = NpgsqlDataSource.Create(database);
        await using var count = shard.CreateCommand("select count(*) from tickets where ticket_id = any($1)");
        count.Parameters.AddWithValue(ids.Select(long.Parse).ToArray());
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
