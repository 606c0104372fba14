namespace Tickets.Acceptance.Settings;

public class WorkflowTests(RunningApp app)
{
    private const string Simple = """ "initial": "open", "statuses": {"open": {"to": ["done"]}, "done": {"terminal": true}} """;

    [Fact]
    public async Task A_workflow_is_stored_and_answered_as_it_was_put()
    {
        var id = RunningApp.NewName("w");

        var put = await app.Admin.PutAsync($"/workflows?workflow_id={id}", RunningApp.Incidents(id), ("If-None-Match", "*"));

        var revision = put.Ok().Number("revision");
        Assert.Equal($"\"{revision}\"", put.Headers["ETag"]);
        var got = await app.Admin.GetAsync($"/workflows?workflow_id={id}");
        got.Ok().Is(put.Text);
        Assert.Equal(put.Headers["ETag"], got.Headers["ETag"]);
        Assert.Contains(id, (await app.Admin.GetAsync("/workflows")).Ok().GetProperty("workflows").EnumerateArray().Select(workflow => workflow.Text("workflow_id")));
        var members = put.Json.EnumerateObject().Where(member => member.Name != "revision").Select(member => $"{JsonSerializer.Serialize(member.Name)}: {member.Value.GetRawText()}");
        JsonElement.Parse($"{{{string.Join(", ", members)}}}").Is(RunningApp.Incidents(id));
    }

    [Fact]
    public async Task The_compact_notation_is_answered_in_the_long_form()
    {
        var id = RunningApp.NewName("w");

        var put = (await app.Admin.PutAsync($"/workflows?workflow_id={id}", $$"""
            {"workflow_id": "{{id}}", "codes": {"1": "reported", "2": "triaged", "3": "repaired"}, "statuses": [[1,2],[2,3],[3,4,5],[4,2]]}
            """, ("If-None-Match", "*"))).Ok();

        Assert.Equal("reported", put.Text("initial"));
        put.GetProperty("statuses").Is("""
            {"reported": {"to": ["triaged"]}, "triaged": {"to": ["repaired"]}, "repaired": {"to": ["4", "5"]}, "4": {"to": ["triaged"]}, "5": {"terminal": true}}
            """);
        var queue = await app.NewQueueAsync(workflow: id);
        var ticket = await app.Admin.CreateAsync(queue);
        foreach (var status in new[] { "triaged", "repaired", "5" })
            (await app.Admin.PatchAsync($"/tickets/{ticket}", $$"""{"queue": "{{queue}}", "set": {"status": "{{status}}"} }""")).Ok();
        Assert.NotNull((await app.Admin.TicketAsync(queue, ticket)).Text("closed_at"));
    }

    [Fact]
    public async Task Every_fault_of_a_workflow_is_listed_at_once()
    {
        var id = RunningApp.NewName("w");

        var answer = await app.Admin.PutAsync($"/workflows?workflow_id={id}", $$"""
            {"workflow_id": "{{id}}", "initial": "nowhere",
             "statuses": {
               "open":    {"to": ["done", "gone", "done", "done+lost", "done-"], "lifetime": "4 hours", "remind_every": "PT0S", "on_timeout": "gone"},
               "loop":    {"to": ["round"], "on_timeout": "open"},
               "round":   {"to": ["loop"]},
               "no-":     {"to": ["done"]},
               "done":    {"terminal": true, "resolutions": ["fixed", "not+good"], "resolution_required": true},
               "ended":   {"terminal": true, "resolution_required": true} },
             "indexed_fields": {"cost": {"type": "int64", "slot": 1}, "size": {"type": "int64", "slot": 1}, "far": {"type": "int64", "slot": 6}, "zero": {"type": "string", "slot": 0},
                                "wrong": {"type": "float", "slot": 2}, "1st": {"type": "string", "slot": 1} },
             "indexes": [[], ["cost", "cost"], ["nosuch"], ["status", "cost"]]}
            """, ("If-None-Match", "*"));

        answer.Problem(
            400, "invalid_workflow",
            "/initial",
            "/statuses/open/to/1", "/statuses/open/to/2", "/statuses/open/to/3", "/statuses/open/to/4", "/statuses/open/lifetime", "/statuses/open/remind_every", "/statuses/open/on_timeout",
            "/statuses/loop/on_timeout", "/statuses", "/statuses/no-", "/statuses/done/resolutions", "/statuses/ended/resolution_required",
            "/indexed_fields/size/slot", "/indexed_fields/far/slot", "/indexed_fields/zero/slot", "/indexed_fields/wrong/type", "/indexed_fields/1st",
            "/indexes/0", "/indexes/1", "/indexes/2");
        Assert.Contains("loop, round", answer.Text, StringComparison.Ordinal);
        (await app.Admin.GetAsync($"/workflows?workflow_id={id}")).Problem(404, "not_found");
    }

    [Theory]
    [InlineData("""{"statuses": 1}""")]
    [InlineData("""{"statuses": {}}""")]
    [InlineData("""{"statuses": []}""")]
    [InlineData("""{"statuses": [[]]}""")]
    [InlineData("""{"statuses": [[1,2],[1,3]]}""")]
    [InlineData("""{"statuses": [[1.5]]}""")]
    [InlineData("""{"statuses": [[1,[2]]]}""")]
    [InlineData("""{"statuses": {"a": 1}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"a": {"to": 1}}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"a": {"to": ["-", "+", ""]}}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"": {"terminal": true}}, "initial": ""}""")]
    [InlineData("""{"statuses": {"a\u0000": {"terminal": true}}, "initial": "a\u0000"}""")]
    [InlineData("""{"statuses": {"a": {"terminal": "yes"}}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true, "lifetime": "P1M"}}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true, "lifetime": "P99999999999D"}}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true, "lifetime": "-PT1H"}}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"a": {"to": ["b"], "lifetime": "P3000000D"}, "b": {"terminal": true}}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"a": {"to": ["b"], "remind_every": "P9999999D"}, "b": {"terminal": true}}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"a": {"to": ["b"], "remind_every": "PT0.0000001S"}, "b": {"terminal": true}}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"a": {"to": ["b"], "steps": [{"wait": "P9999999D"}]}, "b": {"terminal": true}}, "initial": "a"}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}, "initial": "a", "indexed_fields": {"status": {"type": "string", "slot": 1}}}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}, "initial": "a", "indexed_fields": {"f": 1}}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}, "initial": "a", "indexed_fields": {"f": {"type": "int64"}}}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}, "initial": "a", "indexed_fields": {"f": {"slot": 1}}}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}, "initial": "a", "indexes": "f"}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}, "initial": "a", "indexes": [1]}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}, "initial": "a", "indexes": [[1]]}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}, "initial": "a", "codes": {"1": "x", "2": "x"}}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}, "initial": "a", "codes": {"1": 1}}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}, "initial": 1}""")]
    [InlineData("""{"statuses": {"a": {"terminal": true}}}""")]
    public async Task A_workflow_that_cannot_work_is_refused(string members)
    {
        var id = RunningApp.NewName("w");

        var answer = await app.Admin.PutAsync($"/workflows?workflow_id={id}", $$"""{"workflow_id": "{{id}}", {{members[1..]}}""", ("If-None-Match", "*"));

        Assert.NotEmpty(answer.Problem(400, "invalid_workflow").GetProperty("errors").EnumerateArray());
    }

    [Fact]
    public async Task Unknown_members_of_a_workflow_are_named()
    {
        var id = RunningApp.NewName("w");

        var answer = await app.Admin.PutAsync($"/workflows?workflow_id={id}", $$"""
            {"workflow_id": "{{id}}", "initial": "a", "colour": 1, "statuses": {"a": {"terminal": true, "shape": 1} }, "indexed_fields": {"f": {"type": "int64", "slot": 1, "size": 8} } }
            """, ("If-None-Match", "*"));

        answer.Problem(400, "unknown_member", "/colour", "/statuses/a/shape", "/indexed_fields/f/size");
    }

    [Fact]
    public async Task A_workflow_is_only_changed_by_who_knows_its_revision()
    {
        var id = RunningApp.NewName("w");
        var path = $"/workflows?workflow_id={id}";
        var body = $$"""{"workflow_id": "{{id}}", {{Simple}} }""";
        (await app.Admin.PutAsync(path, body)).Problem(412, "precondition_failed");
        (await app.Admin.PutAsync(path, body, ("If-Match", "\"1\""))).Problem(412, "precondition_failed");
        var revision = (await app.Admin.PutAsync(path, body, ("If-None-Match", "*"))).Ok().Number("revision");

        (await app.Admin.PutAsync(path, body)).Problem(412, "precondition_failed");
        (await app.Admin.PutAsync(path, body, ("If-None-Match", "*"))).Problem(412, "precondition_failed");
        (await app.Admin.PutAsync(path, body, ("If-Match", $"\"{revision + 1}\""))).Problem(412, "precondition_failed");
        (await app.Admin.PutAsync(path, body, ("If-Match", "soon"))).Problem(400, "invalid_header");
        (await app.Admin.PutAsync(path, body, ("If-None-Match", "\"1\""))).Problem(400, "invalid_header");
        (await app.Admin.PutAsync(path, body, ("If-None-Match", "*"), ("If-Match", $"\"{revision}\""))).Problem(400, "invalid_header");
        var next = (await app.Admin.PutAsync(path, body, ("If-Match", $"\"{revision}\""))).Ok().Number("revision");

        Assert.True(next > revision);
        (await app.Admin.PutAsync(path, body, ("If-Match", $"\"{revision}\""))).Problem(412, "precondition_failed");
    }

    [Fact]
    public async Task Of_concurrent_changes_of_one_revision_through_two_processes_one_succeeds()
    {
        var id = RunningApp.NewName("w");
        Api[] processes = [app.Admin, await app.SecondAsync()];
        string Body(int i) => $$"""{"workflow_id": "{{id}}", "description": "by {{i}}", {{Simple}} }""";

        var made = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => processes[i % 2].PutAsync($"/workflows?workflow_id={id}", Body(i), ("If-None-Match", "*"))));
        var revision = Assert.Single(made, answer => answer.Status == 200).Json.Number("revision");
        var changed = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => processes[i % 2].PutAsync($"/workflows?workflow_id={id}", Body(i), ("If-Match", $"\"{revision}\""))));

        Assert.Single(changed, answer => answer.Status == 200);
        Assert.All(made.Concat(changed).Where(answer => answer.Status != 200), answer => answer.Problem(412, "precondition_failed"));
    }

    [Theory]
    [InlineData(""" "statuses": {"done": {"terminal": true}}, "initial": "done" """)]
    [InlineData(""" "statuses": {"open": {"to": ["done"]}, "done": {"terminal": true}}, "initial": "open", "indexed_fields": {"cost": {"type": "int64", "slot": 2}} """)]
    [InlineData(""" "statuses": {"open": {"to": ["done"]}, "done": {"terminal": true}}, "initial": "open", "indexed_fields": {"cost": {"type": "string", "slot": 1}} """)]
    [InlineData(""" "statuses": {"open": {"to": ["done"]}, "done": {"terminal": true}}, "initial": "open", "indexed_fields": {"size": {"type": "int64", "slot": 1}} """)]
    [InlineData(""" "statuses": {"open": {"to": ["done"]}, "done": {"terminal": true}}, "initial": "open" """)]
    [InlineData(""" "statuses": {"open": {"to": ["done"], "terminal": true}, "done": {"terminal": true}}, "initial": "open", "indexed_fields": {"cost": {"type": "int64", "slot": 1}} """)]
    [InlineData(""" "statuses": {"open": {"to": ["done"]}, "done": {"to": ["over"]}, "over": {"terminal": true}}, "initial": "open", "indexed_fields": {"cost": {"type": "int64", "slot": 1}} """)]
    public async Task A_change_that_would_strand_tickets_is_refused(string members)
    {
        var id = RunningApp.NewName("w");
        var fields = """ "indexed_fields": {"cost": {"type": "int64", "slot": 1}} """;
        var revision = (await app.Admin.PutAsync($"/workflows?workflow_id={id}", $$"""{"workflow_id": "{{id}}", {{Simple}}, {{fields}} }""", ("If-None-Match", "*"))).Ok().Number("revision");
        await app.NewQueueAsync(workflow: id);

        (await app.Admin.PutAsync($"/workflows?workflow_id={id}", $$"""{"workflow_id": "{{id}}", {{members}} }""", ("If-Match", $"\"{revision}\""))).Problem(400, "invalid_workflow");
    }

    [Fact]
    public async Task A_workflow_that_no_queue_uses_may_become_anything()
    {
        var id = RunningApp.NewName("w");
        var revision = (await app.Admin.PutAsync($"/workflows?workflow_id={id}", RunningApp.Incidents(id), ("If-None-Match", "*"))).Ok().Number("revision");

        (await app.Admin.PutAsync($"/workflows?workflow_id={id}", $$"""{"workflow_id": "{{id}}", {{Simple}} }""", ("If-Match", $"\"{revision}\""))).Ok();
    }

    [Fact]
    public async Task A_changed_workflow_judges_the_next_update_in_every_process()
    {
        var id = RunningApp.NewName("w");
        var revision = (await app.Admin.PutAsync($"/workflows?workflow_id={id}", $$"""{"workflow_id": "{{id}}", {{Simple}} }""", ("If-None-Match", "*"))).Ok().Number("revision");
        var queue = await app.NewQueueAsync(workflow: id);
        var ticket = await app.Admin.CreateAsync(queue);
        var update = $$"""{"queue": "{{queue}}", "set": {"status": "waiting"} }""";
        (await app.Admin.PatchAsync($"/tickets/{ticket}", update)).Problem(400, "invalid_field", "/set/status");

        (await app.Admin.PutAsync($"/workflows?workflow_id={id}", $$"""
            {"workflow_id": "{{id}}", "initial": "open", "statuses": {"open": {"to": ["done", "waiting"]}, "waiting": {"to": ["open", "waiting"]}, "done": {"terminal": true} } }
            """, ("If-Match", $"\"{revision}\""))).Ok();

        (await app.Admin.PatchAsync($"/tickets/{ticket}", update)).Ok();
        var second = await app.SecondAsync();
        await Eventually.IsAsync(async () => (await second.PatchAsync($"/tickets/{ticket}", update)).Status == 200);
    }

    [Fact]
    public async Task Address_and_body_name_the_same_workflow()
    {
        var id = RunningApp.NewName("w");

        (await app.Admin.PutAsync("/workflows?workflow_id=other", $$"""{"workflow_id": "{{id}}", {{Simple}} }""", ("If-None-Match", "*"))).Problem(400, "invalid_field", "/workflow_id");
        (await app.Admin.PutAsync("/workflows", $$"""{"workflow_id": "{{id}}", {{Simple}} }""", ("If-None-Match", "*"))).Problem(400, "invalid_parameter");
        (await app.Admin.GetAsync("/workflows?workflow_id=no/such/workflow")).Problem(404, "not_found");
    }
}
