using System.Text.RegularExpressions;
using Tickets.Functions;

namespace Tickets.Acceptance.Access;

public partial class AccessTests(RunningApp app)
{
    private const string Nobody = "999999999999";

    private static readonly string[] Open =
    [
        "GET /api/docs", "GET /api/docs/{file}", "GET /api/openapi.json", "GET /api/ops", "GET /api/ops/{file}",
        "GET /api/v1/health/live", "GET /api/v1/health/ready", "GET /api/v1/ping", "GET /api/v1/version",
    ];

    public static TheoryData<string, string> KeyedRoutes =>
        [.. AppFunctions.Declare().Http.Where(function => function.Permission is not null).Select(function => (function.Method, Placeholder().Replace(function.Path, "1")))];

    [Fact]
    public void Health_and_pages_that_hold_no_data_are_all_that_is_open() => Assert.Equal(
        Open, AppFunctions.Declare().Http.Where(function => function.Permission is null).Select(function => $"{function.Method} /api/{function.HostRoute}").Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(KeyedRoutes))]
    public async Task Every_route_but_health_asks_for_a_good_key(string method, string path)
    {
        var good = app.Admin.Key!;
        foreach (var key in new[] { null, "", "x", "tk_", "tk__", "tk_nobody_secret", $"{good}x", good[..^1], $"{good[..^1]}{(good[^1] == 'A' ? 'B' : 'A')}", good.ToUpperInvariant(), new string('t', 5000) })
        {
            var answer = await app.Admin.As(key).SendAsync(method, path, method == "GET" ? null : "{}");

            answer.Problem(401, "unauthorized");
            Assert.Equal("Bearer", answer.Headers["WWW-Authenticate"]);
        }
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("")]
    public async Task Another_scheme_than_bearer_is_no_key(string scheme)
    {
        (await app.Admin.As(null).GetAsync("/queues", ("Authorization", $"{scheme} {app.Admin.Key}"))).Problem(401, "unauthorized");
    }

    [Theory]
    [InlineData(Role.Reader, "read")]
    [InlineData(Role.Robot, "read write")]
    [InlineData(Role.Import, "read write import")]
    [InlineData(Role.Operator, "read write operate")]
    [InlineData(Role.Admin, "read write import operate administer")]
    public async Task A_role_reaches_as_far_as_its_permissions(Role role, string permissions)
    {
        var caller = await app.AsAsync(role);
        var queue = await app.NewQueueAsync();
        var id = await app.Admin.CreateAsync(queue);

        foreach (var (permission, asks) in Requests(queue, id))
        {
            foreach (var (method, path, body) in asks)
            {
                var answer = await caller.SendAsync(method, path, body);
                if (permissions.Split(' ').Contains(permission))
                    Assert.NotInRange(answer.Status, 401, 403);
                else
                    answer.Problem(403, "forbidden");
            }
        }
    }

    [Fact]
    public async Task A_queue_prefix_covers_the_queue_of_that_name_and_those_below_it()
    {
        var prefix = RunningApp.NewName("team");
        var inside = new[] { await QueueAsync(prefix), await QueueAsync($"{prefix}/one"), await QueueAsync($"{prefix}/one/two") };
        var outside = new[] { await QueueAsync($"{prefix}x"), await QueueAsync($"other-{prefix.Replace('/', '-')}") };
        var caller = await app.AsAsync(Role.Robot, prefix);

        foreach (var queue in inside)
        {
            var id = await caller.CreateAsync(queue);
            await caller.TicketAsync(queue, id);
            (await caller.GetAsync($"/tickets/{id}")).Ok();
            (await caller.PatchAsync($"/tickets/{id}", "{}")).Ok();
            (await caller.PostAsync($"/tickets/{id}/accept", """{"by": "me"}""")).Ok();
            Assert.Equal(1, (await caller.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"} }""")).Ok().GetProperty("tickets").GetArrayLength());
            (await caller.GetAsync($"/oplog?queue={queue}")).Ok();
            (await caller.GetAsync($"/queues?queue={queue}")).Ok();
        }

        foreach (var queue in outside)
        {
            var id = await app.Admin.CreateAsync(queue);
            (await caller.PostAsync("/tickets", $$"""{"queue": "{{queue}}"}""")).Problem(403, "forbidden");
            (await caller.GetAsync($"/tickets/{id}?queue={queue}")).Problem(403, "forbidden");
            (await caller.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}"}""")).Problem(403, "forbidden");
            (await caller.PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "me"}""")).Problem(403, "forbidden");
            (await caller.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"} }""")).Problem(403, "forbidden");
            (await caller.GetAsync($"/oplog?queue={queue}")).Problem(403, "forbidden");
            (await caller.GetAsync($"/queues?queue={queue}")).Problem(403, "forbidden");
            // Without its queue a ticket out of reach is like one that does not exist.
            (await caller.GetAsync($"/tickets/{id}")).Problem(404, "ticket_not_found");
            (await caller.PatchAsync($"/tickets/{id}", "{}")).Problem(404, "ticket_not_found");
            (await caller.PostAsync($"/tickets/{id}/accept", """{"by": "me"}""")).Problem(404, "ticket_not_found");
        }

        Assert.Equal(inside.Order(StringComparer.Ordinal), (await caller.GetAsync("/queues")).Ok().GetProperty("queues").EnumerateArray().Select(queue => queue.Text("queue")));
    }

    [Fact]
    public async Task Names_out_of_reach_are_not_told_apart_from_names_that_do_not_exist()
    {
        var caller = await app.AsAsync(Role.Robot, RunningApp.NewName("team"));
        var queue = await app.NewQueueAsync();

        var exists = (await caller.PostAsync("/tickets", $$"""{"queue": "{{queue}}"}""")).Problem(403, "forbidden").Text("detail")!;
        var doesNot = (await caller.PostAsync("/tickets", """{"queue": "no/such/queue"}""")).Problem(403, "forbidden").Text("detail")!;

        Assert.Equal(doesNot, exists.Replace(queue, "no/such/queue", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_ticket_cannot_be_moved_out_of_reach()
    {
        var prefix = RunningApp.NewName("team");
        var caller = await app.AsAsync(Role.Robot, prefix);
        var (mine, other) = (await QueueAsync(prefix), await app.NewQueueAsync("hot-0"));
        var id = await caller.CreateAsync(mine);

        (await caller.PatchAsync($"/tickets/{id}", $$"""{"set": {"queue": "{{other}}"} }""")).Problem(403, "forbidden");

        Assert.Equal(mine, (await caller.GetAsync($"/tickets/{id}")).Ok().Text("queue"));
    }

    [Fact]
    public async Task A_move_out_of_reach_tells_nothing_of_where_it_would_go()
    {
        var prefix = RunningApp.NewName("team");
        var (caller, mine) = (await app.AsAsync(Role.Robot, prefix), await QueueAsync(prefix));
        var (workflow, id) = (RunningApp.NewName("w"), await caller.CreateAsync(mine));
        (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", $$"""{"workflow_id": "{{workflow}}", "initial": "hidden", "statuses": {"hidden": {"terminal": true} } }""", ("If-None-Match", "*"))).Ok();
        var foreign = await app.NewQueueAsync(workflow: workflow);
        string Move(string queue) => $$"""{"queue": "{{mine}}", "set": {"queue": "{{queue}}", "status": "x", "indexed_meta.y": 1} }""";

        var exists = (await caller.PatchAsync($"/tickets/{id}", Move(foreign))).Problem(403, "forbidden").Text("detail")!;
        var doesNot = (await caller.PatchAsync($"/tickets/{id}", Move("no/such/queue"))).Problem(403, "forbidden").Text("detail")!;

        Assert.Equal(doesNot, exists.Replace(foreign, "no/such/queue", StringComparison.Ordinal));
        foreach (var queue in new[] { foreign, "no/such/queue" })
        {
            var item = (await caller.PostAsync("/tickets/bulk", $$"""{"items": [{"update": {"ticket_id": "{{id}}", {{Move(queue)[1..]}} }]}""")).Ok().GetProperty("results")[0];
            Assert.Equal(("forbidden", doesNot), (item.Text("code"), item.Text("detail")!.Replace(foreign, "no/such/queue", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_workflow_is_seen_only_by_callers_whose_queues_use_it_or_whose_name_is_theirs()
    {
        var prefix = RunningApp.NewName("team");
        var caller = await app.AsAsync(Role.Admin, prefix);
        var (foreign, own) = (RunningApp.NewName("w"), $"{prefix}/flow");
        (await app.Admin.PutAsync($"/workflows?workflow_id={foreign}", Workflow(foreign), ("If-None-Match", "*"))).Ok();
        (await caller.PutAsync($"/workflows?workflow_id={own}", Workflow(own), ("If-None-Match", "*"))).Ok();
        await app.NewQueueAsync(workflow: foreign);

        Assert.Equal([own], await ListedAsync(caller));
        Assert.Superset(new HashSet<string> { foreign, own }, (await ListedAsync(app.Admin)).ToHashSet());
        var exists = (await caller.GetAsync($"/workflows?workflow_id={foreign}")).Problem(404, "not_found").Text("detail")!;
        var doesNot = (await caller.GetAsync("/workflows?workflow_id=no/such/flow")).Problem(404, "not_found").Text("detail")!;
        Assert.Equal(doesNot, exists.Replace(foreign, "no/such/flow", StringComparison.Ordinal));
        // Nor does a queue of the caller's open it.
        (await caller.PutAsync($"/queues?queue={prefix}/q", Queue($"{prefix}/q", foreign), ("If-None-Match", "*"))).Problem(400, "workflow_not_found", "/workflow_id");

        (await app.Admin.PutAsync($"/queues?queue={prefix}/q", Queue($"{prefix}/q", foreign), ("If-None-Match", "*"))).Ok();
        Assert.Equal(new[] { own, foreign }.Order(StringComparer.Ordinal), await ListedAsync(caller));
        (await caller.GetAsync($"/workflows?workflow_id={foreign}")).Ok();
    }

    [Fact]
    public async Task A_workflow_is_changed_only_by_who_reaches_every_queue_that_uses_it()
    {
        var prefix = RunningApp.NewName("team");
        var caller = await app.AsAsync(Role.Admin, prefix);
        var (shared, own) = (RunningApp.NewName("w"), $"{prefix}/flow");
        async Task<Answer> ChangeAsync(string id)
        {
            var revision = (await app.Admin.GetAsync($"/workflows?workflow_id={id}")).Ok().Number("revision");
            return await caller.PutAsync($"/workflows?workflow_id={id}", Workflow(id), ("If-Match", $"\"{revision}\""));
        }

        (await app.Admin.PutAsync($"/workflows?workflow_id={shared}", Workflow(shared), ("If-None-Match", "*"))).Ok();
        (await caller.PutAsync($"/workflows?workflow_id={own}", Workflow(own), ("If-None-Match", "*"))).Ok();
        // Used by nobody: its name decides. Whether it exists is not told.
        (await ChangeAsync(own)).Ok();
        (await ChangeAsync(shared)).Problem(403, "forbidden");
        (await caller.PutAsync($"/workflows?workflow_id={shared}", Workflow(shared), ("If-None-Match", "*"))).Problem(403, "forbidden");
        (await caller.PutAsync("/workflows?workflow_id=no/such/flow", Workflow("no/such/flow"), ("If-None-Match", "*"))).Problem(403, "forbidden");

        (await app.Admin.PutAsync($"/queues?queue={prefix}/a", Queue($"{prefix}/a", shared), ("If-None-Match", "*"))).Ok();
        (await ChangeAsync(shared)).Ok();
        foreach (var id in new[] { shared, own })
        {
            await app.NewQueueAsync(workflow: id);
            (await ChangeAsync(id)).Problem(403, "forbidden");
        }
    }

    private static string Workflow(string id) => $$"""{"workflow_id": "{{id}}", "initial": "open", "statuses": {"open": {"to": ["done"]}, "done": {"terminal": true} } }""";

    private static string Queue(string queue, string workflow) => $$"""{"queue": "{{queue}}", "workflow_id": "{{workflow}}"}""";

    private static async Task<List<string>> ListedAsync(Api caller) =>
        [.. (await caller.GetAsync("/workflows")).Ok().GetProperty("workflows").EnumerateArray().Select(workflow => workflow.Text("workflow_id")!)];

    [Fact]
    public async Task The_change_log_shows_a_caller_its_own_queues()
    {
        var prefix = RunningApp.NewName("team");
        var caller = await app.AsAsync(Role.Reader, prefix);
        var (mine, other) = (await QueueAsync($"{prefix}/a"), await app.NewQueueAsync("hot-0"));
        var start = (await caller.GetAsync("/oplog?cursor=now")).Ok().Text("next_cursor");
        for (var i = 0; i < 5; i++)
        {
            await app.Admin.CreateAsync(mine);
            await app.Admin.CreateAsync(other);
        }

        var ops = await ChangeLog.OplogReader.ReadAllAsync(caller, start, maxOps: 2);

        Assert.Equal(5, ops.Count);
        Assert.All(ops, op => Assert.Equal(mine, op.Text("queue")));
        Assert.Empty(await ChangeLog.OplogReader.ReadAllAsync(await app.AsAsync(Role.Reader, RunningApp.NewName("nobody")), start));
    }

    [Fact]
    public async Task An_administrator_of_some_queues_makes_no_others()
    {
        var prefix = RunningApp.NewName("team");
        var caller = await app.AsAsync(Role.Admin, prefix);
        static string Body(string queue) => $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1"}""";
        await QueueAsync($"{prefix}/first");

        (await caller.PutAsync($"/queues?queue={prefix}/new", Body($"{prefix}/new"), ("If-None-Match", "*"))).Ok();
        (await caller.PutAsync("/queues?queue=elsewhere", Body("elsewhere"), ("If-None-Match", "*"))).Problem(403, "forbidden");
    }

    private static IEnumerable<(string Permission, (string Method, string Path, string? Body)[] Requests)> Requests(string queue, string id) =>
    [
        ("read", [
            ("GET", $"/tickets/{id}?queue={queue}", null), ("POST", "/tickets/find", $$"""{"query": {"queue": "{{queue}}"} }"""), ("GET", $"/oplog?queue={queue}", null),
            ("GET", "/queues", null), ("GET", "/workflows", null)]),
        ("write", [
            ("POST", "/nonces", "{}"), ("POST", "/tickets", $$"""{"queue": "{{queue}}"}"""), ("PATCH", $"/tickets/{id}", $$"""{"queue": "{{queue}}"}"""),
            ("POST", $"/tickets/{Nobody}/accept", $$"""{"queue": "{{queue}}", "by": "me"}""")]),
        ("import", [("POST", "/tickets", $$"""{"queue": "{{queue}}", "created_at": "1990-01-02T03:04:05Z"}""")]),
        ("operate", [("POST", "/archive/runs", null)]),
        ("administer", [("PUT", "/queues?queue=a", "{}"), ("PUT", "/workflows?workflow_id=a", "{}")]),
    ];

    private async Task<string> QueueAsync(string queue)
    {
        (await app.Admin.PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1"}""", ("If-None-Match", "*"))).Ok();
        return queue;
    }

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
