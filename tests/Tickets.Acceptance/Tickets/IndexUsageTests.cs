using Npgsql;

namespace Tickets.Acceptance.Tickets;

public class IndexUsageTests(RunningApp app)
{
    [Fact]
    public async Task Searches_are_counted_by_the_fields_they_give_with_how_their_index_served_them()
    {
        var queue = await app.NewQueueAsync();
        for (var n = 0; n < 30; n++)
            await app.Admin.CreateAsync(queue, $"\"indexed_meta\": {{\"cost\": {n}, \"state\": \"S{n % 5}\", \"miles\": {n} }}");
        for (var n = 0; n < 3; n++)
            await FindAsync(queue, "\"indexed_meta\": {\"state\": \"S1\"}");
        await FindAsync(queue, "\"indexed_meta\": {\"state\": \"S1\", \"cost\": 1}");
        await FindAsync(queue, "\"indexed_meta\": {\"miles\": 4}");

        JsonElement usage = default;
        await Eventually.IsAsync(async () =>
        {
            usage = (await app.Admin.GetAsync($"/queues/index-usage?queue={queue}")).Ok();
            return usage.GetProperty("searches").GetArrayLength() == 3;
        });

        var state = Shape(usage, "state");
        Assert.True(state.GetProperty("served").GetBoolean());
        Assert.Equal((3, 18), (state.Number("searches"), state.Number("rows_returned")));
        Assert.True(Shape(usage, "cost", "state").GetProperty("served").GetBoolean());
        Assert.False(Shape(usage, "miles").GetProperty("served").GetBoolean());
        var indexes = usage.GetProperty("indexes").EnumerateArray().Select(index => string.Join(",", index.GetProperty("columns").EnumerateArray().Select(column => column.GetString()))).ToList();
        Assert.Contains("state,ticket_id", indexes);
        Assert.Contains("state,cost,ticket_id", indexes);
        (await app.Admin.GetAsync("/queues/index-usage?queue=no/such")).Problem(404, "not_found");
        (await app.Admin.GetAsync("/queues/index-usage")).Problem(400, "invalid_parameter");
    }

    [Fact]
    public async Task An_index_that_a_workflow_adds_is_built_and_one_that_it_drops_goes()
    {
        var workflow = RunningApp.NewName("indexes");
        var first = (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", RunningApp.Incidents(workflow), ("If-None-Match", "*"))).Ok();
        var queue = await app.NewQueueAsync(workflow: workflow);
        await app.Admin.CreateAsync(queue, "\"indexed_meta\": {\"miles\": 4}");
        Assert.True((await FindAsync(queue, "\"indexed_meta\": {\"miles\": 4}")).TryGetProperty("warning", out _));

        var changed = RunningApp.Incidents(workflow).Replace("""[["state"], ["state", "cost"]]""", """[["state"], ["miles"]]""", StringComparison.Ordinal);
        await using (await NoBuildAsync())
        {
            (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", changed, ("If-Match", $"\"{first.Number("revision")}\""))).Ok();
            Assert.Contains("still being built", (await FindAsync(queue, "\"indexed_meta\": {\"miles\": 4}")).Text("warning"), StringComparison.Ordinal);
        }

        // Indexes are brought up to date each minute.
        await Eventually.IsAsync(
            async () =>
            {
                var names = (await app.Admin.GetAsync($"/queues/index-usage?queue={queue}")).Ok().GetProperty("indexes").EnumerateArray()
                    .Select(index => string.Join(",", index.GetProperty("columns").EnumerateArray().Select(column => column.GetString()))).ToList();
                return names.Contains("miles,ticket_id") && !names.Contains("state,cost,ticket_id") && names.Contains("state,ticket_id");
            },
            TimeSpan.FromSeconds(180));
        // Which is looked at every two seconds; searches without an index are limited meanwhile.
        await Eventually.IsAsync(async () => await PostAsync(queue, "\"indexed_meta\": {\"miles\": 4}") is { Status: 200 } found && !found.Ok().TryGetProperty("warning", out _));
    }

    [Fact]
    public async Task A_status_beside_a_field_without_index_serves_no_search()
    {
        var queue = await app.NewQueueAsync();
        await app.Admin.CreateAsync(queue, "\"indexed_meta\": {\"miles\": 4, \"state\": \"CA\"}");

        Assert.True((await FindAsync(queue, "\"status\": \"open\", \"indexed_meta\": {\"miles\": 4}")).TryGetProperty("warning", out _));
        Assert.False((await FindAsync(queue, "\"status\": \"open\"")).TryGetProperty("warning", out _));
        Assert.False((await FindAsync(queue, "\"status\": \"open\", \"indexed_meta\": {\"state\": \"CA\", \"miles\": 4}")).TryGetProperty("warning", out _));
    }

    [Fact]
    public async Task Searches_that_no_index_serves_are_limited_to_so_many_a_second_and_do_not_hold_up_others()
    {
        var queue = await app.NewQueueAsync();
        await app.Admin.CreateAsync(queue, "\"indexed_meta\": {\"miles\": 4, \"state\": \"CA\"}");

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => PostAsync(queue, "\"indexed_meta\": {\"miles\": 4}")));

        Assert.Contains(answers, answer => answer.Status == 200);
        var refused = answers.Where(answer => answer.Status != 200).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, answer => Assert.True(answer.Problem(429, "too_many_requests").GetProperty("detail").GetString()!.Length > 0 && int.Parse(answer.Headers["Retry-After"]) > 0));
        await FindAsync(queue, "\"indexed_meta\": {\"state\": \"CA\"}");
    }

    /// <summary>A writer that has not committed yet: no index is built beside it.</summary>
    private async Task<IAsyncDisposable> NoBuildAsync()
    {
        var sessions = new Sessions();
        foreach (var shard in app.Stack.Shards.Values)
            await sessions.AddAsync(shard, "begin; lock table tickets in row exclusive mode");
        return sessions;
    }

    private sealed class Sessions : IAsyncDisposable
    {
        private readonly List<NpgsqlConnection> _all = [];

        public async Task AddAsync(string database, string sql)
        {
            var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
            _all.Add(session);
            await session.OpenAsync();
            await using var command = new NpgsqlCommand(sql, session);
            await command.ExecuteNonQueryAsync();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var session in _all)
                await session.DisposeAsync();
        }
    }

    private static JsonElement Shape(JsonElement usage, params string[] fields) =>
        usage.GetProperty("searches").EnumerateArray().Single(shape => shape.GetProperty("fields").EnumerateArray().Select(field => field.GetString()!).SequenceEqual(fields));

    private async Task<JsonElement> FindAsync(string queue, string conditions) => (await PostAsync(queue, conditions)).Ok();

    private Task<Answer> PostAsync(string queue, string conditions) => app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}", {{conditions}} } }""");
}
