namespace Tickets.Acceptance.Pages;

public class OverviewTests(RunningApp app)
{
    [Fact]
    public async Task The_overview_tells_of_shards_queues_orchestrations_and_the_cold_tier()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        var open = await app.Admin.CreateAsync(queue);
        var closed = await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, closed);
        var operators = await app.AsAsync(Role.Operator);
        Assert.NotEqual(open, closed);

        var seen = default(JsonElement);
        await Eventually.IsAsync(async () =>
        {
            seen = (await operators.GetAsync("/overview")).Ok();
            var row = seen.GetProperty("queues").EnumerateArray().SingleOrDefault(one => one.Text("queue") == queue);
            return row.ValueKind == JsonValueKind.Object && row.GetProperty("statuses").GetProperty("reported").GetInt64() == 1 && row.GetProperty("statuses").TryGetProperty("closed", out _);
        }, TimeSpan.FromSeconds(60));

        Assert.Equal(app.Stack.Shards.Keys.Order(), seen.GetProperty("shards").EnumerateArray().Select(shard => shard.Text("shard")).Order());
        Assert.All(seen.GetProperty("shards").EnumerateArray(), shard =>
        {
            Assert.Equal("ok", shard.Text("status"));
            Assert.True(shard.Number("connections") > 0);
            Assert.Equal(0, shard.Number("writer_waiting") / shard.Number("writer_room"));
        });
        Assert.Superset(app.Stack.Shards.Keys.ToHashSet(), seen.GetProperty("orchestrations").EnumerateArray().Select(hub => hub.Text("hub")!).ToHashSet());
        Assert.Empty(seen.GetProperty("faults").EnumerateArray());

        // Archived, by us or by the clock, it is counted on its day.
        (await app.Admin.PostAsync("/archive/runs", null)).Ok();
        await Eventually.IsAsync(async () => (await operators.GetAsync("/overview")).Ok().GetProperty("cold_days").EnumerateArray().Any(day => day.Number("tickets") > 0), TimeSpan.FromMinutes(3));
    }
}
