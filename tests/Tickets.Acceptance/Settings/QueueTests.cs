namespace Tickets.Acceptance.Settings;

public class QueueTests(RunningApp app)
{
    [Fact]
    public async Task A_queue_is_stored_and_answered_as_it_was_put()
    {
        var queue = RunningApp.NewName("q/deep/er");

        var put = await app.Admin.PutAsync($"/queues?queue={queue}", $$"""
            {"queue": "{{queue}}", "workflow_id": "incidents/v1", "hot_retention": "P3DT4H", "shards": ["hot-1"], "description": "Bird strikes"}
            """, ("If-None-Match", "*"));

        var revision = put.Ok().Number("revision");
        put.Json.Is($$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1", "hot_retention": "P3DT4H", "shards": ["hot-1"], "description": "Bird strikes", "revision": {{revision}} }""");
        Assert.Equal($"\"{revision}\"", put.Headers["ETag"]);
        foreach (var process in new[] { app.Admin, await app.SecondAsync() })
        {
            var got = await process.GetAsync($"/queues?queue={queue}");
            got.Ok().Is(put.Text);
            Assert.Equal(put.Headers["ETag"], got.Headers["ETag"]);
        }
    }

    [Fact]
    public async Task A_queue_has_a_week_of_retention_and_a_shard_when_it_names_none()
    {
        var queue = RunningApp.NewName("q");

        var put = (await app.Admin.PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1"}""", ("If-None-Match", "*"))).Ok();

        Assert.Equal("P7D", put.Text("hot_retention"));
        Assert.Contains(Assert.Single(put.Texts("shards")), app.Stack.Shards.Keys);
    }

    [Fact]
    public async Task Queues_are_listed_by_prefix_in_order()
    {
        var prefix = RunningApp.NewName("list");
        var made = new List<string>();
        for (var i = 0; i < 3; i++)
            made.Add(await app.NewQueueAsync(below: prefix));

        var listed = (await app.Admin.GetAsync($"/queues?prefix={prefix}")).Ok().GetProperty("queues");

        Assert.Equal(made.Order(StringComparer.Ordinal), listed.EnumerateArray().Select(queue => queue.Text("queue")));
        Assert.Equal(0, (await app.Admin.GetAsync($"/queues?prefix={prefix}/none")).Ok().GetProperty("queues").GetArrayLength());
        Assert.Superset(made.ToHashSet(), (await app.Admin.GetAsync("/queues")).Ok().GetProperty("queues").EnumerateArray().Select(queue => queue.Text("queue")!).ToHashSet());
    }

    [Fact]
    public async Task A_queue_is_only_changed_by_who_knows_its_revision()
    {
        var queue = RunningApp.NewName("q");
        var path = $"/queues?queue={queue}";
        var body = $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1", "description": "changed"}""";
        (await app.Admin.PutAsync(path, body)).Problem(412, "precondition_failed");
        var revision = (await app.Admin.PutAsync(path, body, ("If-None-Match", "*"))).Ok().Number("revision");

        (await app.Admin.PutAsync(path, body)).Problem(412, "precondition_failed");
        (await app.Admin.PutAsync(path, body, ("If-None-Match", "*"))).Problem(412, "precondition_failed");
        (await app.Admin.PutAsync(path, body, ("If-Match", $"\"{revision - 1}\""))).Problem(412, "precondition_failed");
        (await app.Admin.PutAsync(path, body, ("If-Match", $"\"{revision}\""))).Ok();
        (await app.Admin.PutAsync(path, body, ("If-Match", $"\"{revision}\""))).Problem(412, "precondition_failed");
    }

    [Fact]
    public async Task Every_fault_of_a_queue_is_named_at_once()
    {
        var queue = RunningApp.NewName("q");

        var answer = await app.Admin.PutAsync($"/queues?queue={queue}", """
            {"queue": "other", "workflow_id": 1, "hot_retention": "a week", "shards": ["hot-9", "hot-9"], "description": "\u0000"}
            """, ("If-None-Match", "*"));

        answer.Problem(400, "invalid_field", "/queue", "/workflow_id", "/hot_retention", "/shards", "/shards", "/shards", "/description");
    }

    [Theory]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a b")]
    [InlineData("é")]
    [InlineData("a?b")]
    public async Task A_name_that_is_no_path_is_refused(string queue)
    {
        (await app.Admin.PutAsync($"/queues?queue={Uri.EscapeDataString(queue)}", $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1"}""", ("If-None-Match", "*"))).Problem(400, "invalid_field", "/queue");
    }

    [Theory]
    [InlineData("-P1D")]
    [InlineData("P1M")]
    [InlineData("P1Y")]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("P99999999999D")]
    [InlineData("P10675199D")]
    [InlineData("P36525DT1S")]
    [InlineData("1.00:00:00")]
    public async Task A_retention_that_is_no_duration_is_refused(string retention)
    {
        var queue = RunningApp.NewName("q");

        (await app.Admin.PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1", "hot_retention": "{{retention}}"}""", ("If-None-Match", "*"))).Problem(400, "invalid_field", "/hot_retention");
    }

    [Fact]
    public async Task A_retention_of_a_hundred_years_is_the_longest_and_the_archiver_runs_with_it()
    {
        var queue = await app.NewQueueAsync(retention: "P36525D");
        var id = await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, id);

        Assert.Empty((await app.Admin.PostAsync($"/archive/runs?queue={queue}", null)).Ok().GetProperty("failures").EnumerateArray());

        Assert.Equal("hot", (await app.Admin.TicketAsync(queue, id)).Text("tier"));
    }

    [Fact]
    public async Task A_queue_names_a_workflow_that_exists()
    {
        var queue = RunningApp.NewName("q");

        (await app.Admin.PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "no/such"}""", ("If-None-Match", "*"))).Problem(400, "workflow_not_found", "/workflow_id");
        (await app.Admin.PostAsync("/tickets", $$"""{"queue": "{{queue}}"}""")).Problem(400, "queue_not_found", "/queue");
    }

    [Fact]
    public async Task The_shards_of_a_queue_with_tickets_are_not_edited()
    {
        var queue = RunningApp.NewName("q");
        string Body(string shards) => $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1", "shards": [{{shards}}]}""";
        var revision = (await app.Admin.PutAsync($"/queues?queue={queue}", Body("\"hot-0\""), ("If-None-Match", "*"))).Ok().Number("revision");

        (await app.Admin.PutAsync($"/queues?queue={queue}", Body("\"hot-1\""), ("If-Match", $"\"{revision}\""))).Problem(400, "invalid_field", "/shards");
        (await app.Admin.PutAsync($"/queues?queue={queue}", Body(""), ("If-Match", $"\"{revision}\""))).Problem(400, "invalid_field", "/shards");
    }

    [Fact]
    public async Task A_queue_goes_on_to_another_version_of_its_workflow_only_when_its_tickets_keep_their_meaning()
    {
        var (one, two, bad) = (RunningApp.NewName("w"), RunningApp.NewName("w"), RunningApp.NewName("w"));
        foreach (var id in new[] { one, two })
            (await app.Admin.PutAsync($"/workflows?workflow_id={id}", RunningApp.Incidents(id), ("If-None-Match", "*"))).Ok();
        (await app.Admin.PutAsync($"/workflows?workflow_id={bad}", $$"""{"workflow_id": "{{bad}}", "statuses": [["open", "done"]]}""", ("If-None-Match", "*"))).Ok();
        var unclosed = RunningApp.NewName("w");
        (await app.Admin.PutAsync($"/workflows?workflow_id={unclosed}", RunningApp.Incidents(unclosed).Replace("\"to\": [\"triaged-\"], \"terminal\": true", "\"to\": [\"over\"]", StringComparison.Ordinal).Replace("\"statuses\": {", "\"statuses\": {\"over\": {\"terminal\": true},", StringComparison.Ordinal), ("If-None-Match", "*"))).Ok();
        var queue = await app.NewQueueAsync(workflow: one);
        var id1 = await app.Admin.CreateAsync(queue, "\"indexed_meta\": {\"cost\": 5}");
        var revision = (await app.Admin.GetAsync($"/queues?queue={queue}")).Ok().Number("revision");
        string Body(string workflow) => $$"""{"queue": "{{queue}}", "workflow_id": "{{workflow}}"}""";

        (await app.Admin.PutAsync($"/queues?queue={queue}", Body(bad), ("If-Match", $"\"{revision}\""))).Problem(400, "invalid_workflow");
        (await app.Admin.PutAsync($"/queues?queue={queue}", Body(unclosed), ("If-Match", $"\"{revision}\""))).Problem(400, "invalid_workflow", "/statuses");
        (await app.Admin.PutAsync($"/queues?queue={queue}", Body(two), ("If-Match", $"\"{revision}\""))).Ok();

        Assert.Equal(5, (await app.Admin.TicketAsync(queue, id1)).GetProperty("indexed_meta").Number("cost"));
    }

    [Fact]
    public async Task Unknown_members_and_queues_are_named()
    {
        var queue = RunningApp.NewName("q");

        (await app.Admin.PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1", "retention": "P7D"}""", ("If-None-Match", "*"))).Problem(400, "unknown_member", "/retention");
        (await app.Admin.GetAsync("/queues?queue=no/such/queue")).Problem(404, "not_found");
        (await app.Admin.PutAsync("/queues", "{}", ("If-None-Match", "*"))).Problem(400, "invalid_parameter");
    }

    [Fact]
    public async Task Concurrent_creations_of_one_queue_through_two_processes_make_it_once()
    {
        var queue = RunningApp.NewName("q");
        Api[] processes = [app.Admin, await app.SecondAsync()];

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => processes[i % 2].PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "incidents/v1"}""", ("If-None-Match", "*"))));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => answer.Problem(412, "precondition_failed"));
        await app.Admin.CreateAsync(queue);
    }
}
