namespace Tickets.Acceptance.Faults;

public class KilledAppTests(RunningApp app)
{
    [Theory(Explicit = true)]
    [InlineData(150)]
    [InlineData(400)]
    public async Task A_kill_loses_no_acknowledged_write_and_retries_have_one_effect(int killedAfterMs)
    {
        string[] queues = [await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-1")];
        var process = await app.Stack.StartAppAsync();
        var doomed = app.Admin.At(process.Address);
        var nonces = await doomed.NoncesAsync(600);
        var start = await ChangeLog.OplogReader.NowAsync(app.Admin);
        var requests = nonces.Select((nonce, i) => new Write(queues[i % 2], $$"""{"nonce": "{{nonce}}", "queue": "{{queues[i % 2]}}", "meta": {"n": {{i}} } }""", $"key {nonce[..40]}{i}")).ToList();

        var writing = Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (request, _) => await request.TryAsync(doomed));
        await Task.Delay(killedAfterMs);
        await process.KillAsync();
        await writing;

        Assert.Contains(requests, request => request.Created is null || request.Updated is null);
        var first = requests.Select(request => (request.Created, request.Updated)).ToList();
        var restarted = app.Admin.At((await app.Stack.StartAppAsync()).Address);
        // Before any retry: what was acknowledged stands.
        foreach (var (request, (created, updated)) in requests.Zip(first).Where(pair => pair.Second.Created is not null))
        {
            var ticket = await restarted.TicketAsync(request.Queue, created!.Value.Text("ticket_id")!);
            Assert.True(ticket.Number("version") >= (updated is null ? 1 : 2));
        }

        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (request, _) =>
        {
            var (created, updated) = (request.Created, request.Updated);
            await request.RepeatAsync(restarted);
            created?.Is(request.Created!.Value.GetRawText());
            updated?.Is(request.Updated!.Value.GetRawText());
        });

        var ops = (await ChangeLog.OplogReader.ReadAllAsync(restarted, start)).Where(op => queues.Contains(op.Text("queue"))).GroupBy(op => op.Text("ticket_id")!).ToList();
        Assert.Equal(requests.Count, ops.Count);
        Assert.All(ops, ticket => Assert.Equal(["created", "updated"], ticket.Select(op => op.Text("kind"))));
        foreach (var request in requests)
            Assert.Equal(2, (await restarted.TicketAsync(request.Queue, request.Created!.Value.Text("ticket_id")!)).Number("version"));
    }

    /// <summary>A create and an update of the same ticket; what was answered, if anything was.</summary>
    private sealed class Write(string queue, string create, string key)
    {
        public string Queue => queue;
        public JsonElement? Created { get; private set; }
        public JsonElement? Updated { get; private set; }

        public async Task TryAsync(Api api)
        {
            try
            {
                await RepeatAsync(api);
            }
            catch (HttpRequestException)
            {
                // Its process is dead: nobody knows whether it was done.
            }
        }

        public async Task RepeatAsync(Api api)
        {
            Created = (await api.PostAsync("/tickets", create)).Ok();
            Updated = (await api.PatchAsync($"/tickets/{Created.Value.Text("ticket_id")}", $$"""{"queue": "{{queue}}", "set": {"group": "done"} }""", ("Idempotency-Key", key))).Ok();
        }
    }
}
