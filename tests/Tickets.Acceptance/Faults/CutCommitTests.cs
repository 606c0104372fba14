namespace Tickets.Acceptance.Faults;

/// <summary>What callers are told while commits are held up and cut off.</summary>
public class CutCommitTests(RunningApp app)
{
    [Fact]
    public async Task A_commit_that_is_cut_between_its_sending_and_its_answer_is_an_unknown_outcome_and_may_be_retried()
    {
        await using var side = await SideApp.StartAsync(app);
        var queue = await side.NewQueueAsync("hot-0");
        var body = $$"""{"queue": "{{queue}}", "nonce": "{{await side.Admin.NonceAsync()}}"}""";
        await using (var held = await HeldHead.OfAsync(side.Stack.Shards["hot-0"]))
        {
            var creating = side.Admin.PostAsync("/tickets", body);
            await Eventually.IsAsync(held.EndWhoWaitsAsync);
            (await creating).Problem(503, "outcome_unknown");
        }

        var made = (await side.Admin.PostAsync("/tickets", body)).Ok();
        (await side.Admin.PostAsync("/tickets", body)).Ok().Is(made.GetRawText());
        Assert.Equal(made.Text("ticket_id"), Assert.Single(await FindAsync(side.Admin, queue)));
    }

    [Fact]
    public async Task A_request_that_is_given_up_while_it_waits_is_not_written()
    {
        await using var side = await SideApp.StartAsync(app);
        var queue = await side.NewQueueAsync("hot-0");
        using var http = new HttpClient { BaseAddress = side.Admin.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", side.Admin.Key);
        // How long a process takes to notice that its caller has gone is not known: it is given more time each time.
        for (var patience = TimeSpan.FromMilliseconds(250); ; patience *= 2)
        {
            var before = (await FindAsync(side.Admin, queue)).Count;
            using var givenUp = new CancellationTokenSource();
            Task<Answer> first;
            await using (var held = await HeldHead.OfAsync(side.Stack.Shards["hot-0"]))
            {
                first = side.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}"}""");
                await Eventually.IsAsync(held.HasAWaiterAsync);
                var second = http.PostAsync(new Uri("/api/v1/tickets", UriKind.Relative), new StringContent($$"""{"queue": "{{queue}}"}""", System.Text.Encoding.UTF8, "application/json"), givenUp.Token);
                await Task.Delay(patience);
                await givenUp.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
                await Task.Delay(patience);
            }

            (await first).Ok();
            // Behind both of them in the shard's queue.
            await side.Admin.CreateAsync(queue);
            if ((await FindAsync(side.Admin, queue)).Count == before + 2)
                return;
            Assert.True(patience < TimeSpan.FromSeconds(30), "A request whose caller had gone was written every time.");
        }
    }

    private static async Task<List<string?>> FindAsync(Api api, string queue) =>
        (await api.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "projection": ["ticket_id"]}""")).Ok().GetProperty("tickets").EnumerateArray().Select(ticket => ticket.Text("ticket_id")).ToList();
}
