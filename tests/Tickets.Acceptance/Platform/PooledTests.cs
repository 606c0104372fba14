using Npgsql;
using Tickets.Local;

namespace Tickets.Acceptance.Platform;

/// <summary>The app where a pooler stands before its databases, as many hosts have it.</summary>
public class PooledTests(RunningApp shared)
{
    private const int Tickets = 60;

    [Fact]
    public async Task Tickets_their_lifecycles_and_the_upkeep_work_through_a_pooler_that_gives_each_transaction_another_session()
    {
        Assert.SkipWhen(PgBouncer.Executable is null, $"There is no PgBouncer on this machine: put it on the PATH, or name it in {PgBouncer.Variable}.");
        var server = shared.Stack.Postgres!.ConnectionString("postgres");
        await using var bouncer = await PgBouncer.StartAsync(server);
        string Database(string name) => new NpgsqlConnectionStringBuilder(server) { Database = $"pooled_{name}" }.ConnectionString;
        await using var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with
        {
            ExistingPostgres = server,
            ExistingStorage = shared.Stack.StorageConnectionString,
            DatabasePrefix = "pooled",
            WithApp = true,
            AppEnvironment = new Dictionary<string, string>
            {
                ["Postgres__Pooled"] = "true",
                ["Settings__Database"] = bouncer.Before(Database("settings")),
                ["Shards__hot_0"] = bouncer.Before(Database("hot_0")),
                ["Shards__hot_1"] = bouncer.Before(Database("hot_1")),
                ["DirectShards__hot_0"] = Database("hot_0"),
                ["DirectShards__hot_1"] = Database("hot_1"),
            },
        });
        List<Api> apps = [.. new[] { stack.Apps[0], await stack.StartAppAsync() }.Select(app => new Api(app.Address, stack.DevelopmentKey))];
        var admin = apps[0];
        (await admin.PutAsync(
            "/workflows?workflow_id=pooled",
            """
            {"workflow_id": "pooled", "initial": "open", "statuses": {
                "open": {"to": ["done"], "lifetime": "PT2S", "on_timeout": "done"}, "done": {"to": ["end"]}, "end": {"terminal": true, "resolutions": ["fixed"]} },
             "indexed_fields": {"n": {"type": "int64", "slot": 1}} }
            """,
            ("If-None-Match", "*"))).Ok();
        var queue = await RunningApp.NewQueueAsync(admin, workflow: "pooled");

        var ids = await Task.WhenAll(Enumerable.Range(0, Tickets).Select(i => apps[i % 2].CreateAsync(queue, $$""" "indexed_meta": {"n": {{i}} } """)));
        await Task.WhenAll(ids.Select(async (id, i) =>
            (await apps[(i + 1) % 2].PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "expected": {"meta.note": {"exists": false} }, "set": {"meta.note": {{i}} } }""")).Ok()));
        foreach (var id in ids)
            await Eventually.IsAsync(async () => (await admin.TicketAsync(queue, id)).Text("status") == "done", TimeSpan.FromMinutes(2));

        Assert.All(ids, id => Assert.NotNull(id));
        var found = (await admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}", "indexed_meta": {"n": 7} } }""")).Ok().GetProperty("tickets");
        Assert.Equal(ids[7], Assert.Single(found.EnumerateArray()).Text("ticket_id"));
        var sweep = (await admin.PostAsync("/lifecycles/sweep", null)).Ok();
        Assert.Equal((0, 0), (sweep.Number("repaired"), sweep.Number("parked")));
        foreach (var id in ids)
            Assert.Equal(3, (await admin.TicketAsync(queue, id)).Number("version"));
        foreach (var worker in (await admin.GetAsync("/orchestrations/health")).Ok().GetProperty("workers").EnumerateArray())
            Assert.Equal(0, worker.Number("failures"));
    }
}
