using System.Collections.Concurrent;
using Tickets.Acceptance.ChangeLog;

namespace Tickets.Acceptance.Moves;

public class TicketMoveTests(RunningApp app)
{
    [Fact]
    public async Task Tickets_that_move_between_shards_while_a_process_is_killed_are_in_one_queue_at_every_instant_and_arrive_once()
    {
        string[] queues = [await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-1")];
        var ids = new List<string>();
        for (var n = 0; n < 40; n++)
            ids.Add(await app.Admin.CreateAsync(queues[0], $"\"meta\": {{\"n\": {n} }}"));
        var process = await app.Stack.StartAppAsync();
        var doomed = app.Admin.At(process.Address);
        var start = await app.Admin.NowAsync();
        var faults = new ConcurrentBag<string>();
        using var done = new CancellationTokenSource();

        var reading = Task.WhenAll(Enumerable.Range(0, 3).Select(reader => Task.Run(async () =>
        {
            for (var n = reader; !done.IsCancellationRequested; n++)
            {
                var seen = await app.Admin.GetAsync($"/tickets/{ids[n % ids.Count]}");
                if (seen.Status != 200 || !queues.Contains(seen.Json.Text("queue")))
                    faults.Add($"{ids[n % ids.Count]}: {seen.Status} {seen.Text}");
            }
        })));
        var moving = Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (id, _) =>
        {
            try
            {
                for (var turn = 0; turn < 50; turn++)
                    await doomed.PatchAsync($"/tickets/{id}", $$"""{"set": {"queue": "{{queues[(turn + 1) % 2]}}"} }""");
            }
            catch (HttpRequestException)
            {
                // Killed: the ticket is where it was, where it went, or on its way.
            }
        });
        await Task.Delay(700);
        await process.KillAsync();
        await moving;
        foreach (var id in ids)
            await Eventually.IsAsync(async () => (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"group": "arrived"} }""")).Status == 200, TimeSpan.FromSeconds(30));
        await done.CancelAsync();
        await reading;

        Assert.Empty(faults);
        foreach (var id in ids)
        {
            var ticket = (await app.Admin.GetAsync($"/tickets/{id}")).Ok();
            Assert.Equal("arrived", ticket.Text("group"));
            Assert.Equal(ids.IndexOf(id), ticket.GetProperty("meta").GetProperty("n").GetProperty("data").GetInt32());
        }

        var found = new List<string>();
        foreach (var queue in queues)
            found.AddRange((await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "projection": ["ticket_id"], "limit": 1000}""")).Ok().GetProperty("tickets").EnumerateArray().Select(ticket => ticket.Text("ticket_id")!));
        Assert.Equal(ids.Order(), found.Order());
        // Each departure is told once, and so is each arrival.
        foreach (var ticket in (await app.Admin.ReadAllAsync(start)).Where(op => queues.Contains(op.Text("queue"))).GroupBy(op => op.Text("ticket_id")!))
        {
            var versions = ticket.Where(op => op.Text("kind") == "moved_out").Select(op => op.Number("version")).ToList();
            Assert.Equal(versions.Order(), versions.Distinct().Order());
            Assert.Equal(versions.Order(), ticket.Where(op => op.Text("kind") == "moved_in").Select(op => op.Number("version")).Order());
        }
    }
}
