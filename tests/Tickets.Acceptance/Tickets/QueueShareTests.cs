namespace Tickets.Acceptance.Tickets;

public class QueueShareTests(RunningApp app)
{
    [Fact]
    public async Task A_queue_that_is_flooded_is_refused_its_surplus_while_another_is_served()
    {
        var (flooded, quiet) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0"));
        var list = $$"""{"items": [{{string.Join(", ", Enumerable.Repeat($$"""{"create": {"queue": "{{flooded}}"} }""", 1000))}}]}""";
        var (made, refused) = (0, new List<JsonElement>());
        for (var round = 0; round < 5 && refused.Count == 0; round++)
        {
            var flood = Enumerable.Range(0, 12).Select(_ => app.Admin.PostAsync("/tickets/bulk", list)).ToList();
            var created = 0;
            while (!flood.TrueForAll(answer => answer.IsCompleted))
            {
                await app.Admin.CreateAsync(quiet);
                created++;
            }

            Assert.True(created > 0);
            foreach (var answer in flood)
            {
                var results = (await answer).Ok().GetProperty("results").EnumerateArray().ToList();
                made += results.Count(result => result.Number("status") == 200);
                refused.AddRange(results.Where(result => result.Number("status") != 200));
            }
        }

        Assert.NotEmpty(refused);
        Assert.All(refused, item => Assert.Equal((429, "too_many_requests", 1), (item.Number("status"), item.Text("code"), item.Number("retry_after"))));
        Assert.Equal(made, await CountAsync(flooded));
    }

    /// <summary>What was refused is not there.</summary>
    private async Task<int> CountAsync(string queue)
    {
        var count = 0;
        string? cursor = null;
        do
        {
            var from = cursor is null ? "" : $", \"cursor\": \"{cursor}\"";
            var page = (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "projection": ["ticket_id"], "limit": 1000{{from}} }""")).Ok();
            count += page.GetProperty("tickets").GetArrayLength();
            cursor = page.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);
        return count;
    }
}
