using Tickets.Functions;

namespace Tickets.Acceptance.Access;

/// <summary>Every function of the app, asked with the strongest key of team A for what is team B's.</summary>
public class QueueWallsTests(RunningApp app)
{
    // In all that B has, and in nothing that A says.
    private const string Canary = "canary-7f3a";

    /// <summary>A request about B's; <c>Refused</c>: it must be answered 403 or 404, not only without B's contents.</summary>
    private sealed record Ask(string Path, string? Body = null, bool Refused = true, params (string, string)[] Headers);

    [Fact]
    public async Task No_function_lets_a_key_of_one_team_reach_or_see_what_is_anothers()
    {
        var (a, b) = (RunningApp.NewName("team-a"), RunningApp.NewName($"team-b-{Canary}"));
        var known = await BuildAsync(b);
        (await app.Admin.PutAsync($"/queues?queue={a}", $$"""{"queue": "{{a}}", "workflow_id": "incidents/v1"}""", ("If-None-Match", "*"))).Ok();
        var caller = await app.AsAsync(Role.Admin, a);
        var asks = Asks(a, b, known);

        // A new function has to say here what it is asked.
        var functions = AppFunctions.Declare().Http;
        Assert.Equal(functions.Where(function => function.Permission is not null).Select(function => function.Name).Order(StringComparer.Ordinal), asks.Keys.Order(StringComparer.Ordinal));
        foreach (var function in functions)
        {
            foreach (var ask in asks.GetValueOrDefault(function.Name, [new Ask(function.Path, Refused: false)]))
            {
                var answer = await caller.SendAsync(function.Method, ask.Path, ask.Body, ask.Headers);
                var asked = $"{function.Method} {ask.Path} {ask.Body}";

                Assert.True(!ask.Refused || answer.Status is 403 or 404, $"{asked} is answered {answer.Status}: {answer.Text}");
                Assert.True(answer.Status < 500 || function.Permission is null, $"{asked} is answered {answer.Status}: {answer.Text}");
                // What the caller has said itself it may hear again.
                var told = $"{answer.Text} {string.Join(' ', answer.Headers.Values)}".Replace(b, "", StringComparison.Ordinal);
                Assert.False(told.Contains(Canary, StringComparison.Ordinal), $"{asked} tells of team B: {told}");
                Assert.True(asked.Contains(b, StringComparison.Ordinal) || !answer.Text.Contains(b, StringComparison.Ordinal), $"{asked} names team B's queue: {answer.Text}");
            }
        }
    }

    private sealed record Known(string Ticket, string Workflow, string Operation, string Webhook, string Key, string Shard, long Opid);

    private async Task<Known> BuildAsync(string queue)
    {
        var workflow = $"{queue}/flow";
        (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", $$"""
            {"workflow_id": "{{workflow}}", "initial": "{{Canary}}-open", "description": "{{Canary}}",
             "statuses": {"{{Canary}}-open": {"to": ["done"], "lifetime": "PT4H", "remind_every": "PT1H", "group": "{{Canary}}-group", "on_timeout": "done"}, "done": {"terminal": true} } }
            """, ("If-None-Match", "*"))).Ok();
        (await app.Admin.PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "{{workflow}}", "description": "{{Canary}}"}""", ("If-None-Match", "*"))).Ok();
        var ticket = await app.Admin.CreateAsync(queue, $$"""
            "group": "{{Canary}}-group", "meta": {"note": {"text": "{{Canary}}"} }
            """);
        var op = (await app.Admin.PatchAsync($"/tickets/{ticket}", $$"""{"queue": "{{queue}}", "set": {"meta.note": {"text": "{{Canary}} again"} } }""")).Ok().GetProperty("op");
        var scan = await app.Admin.PostAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"}, "from": "2026-01-01", "to": "2026-01-02"}""");
        Assert.Equal(202, scan.Status);
        var webhook = (await app.Admin.PostAsync("/webhooks", $$"""{"url": "http://127.0.0.1:9/{{Canary}}", "queue": "{{queue}}", "description": "{{Canary}}"}""")).Ok().Text("webhook_id")!;
        var key = (await app.Admin.PostAsync("/keys", $$"""{"role": "admin", "queue_prefixes": ["{{queue}}"], "description": "{{Canary}}"}""")).Ok().Text("key_id")!;
        await Eventually.IsAsync(
            async () => (await app.Admin.GetAsync($"/notifications?recipient={Canary}-group")).Ok().GetProperty("notifications").GetArrayLength() > 0, TimeSpan.FromSeconds(60));
        return new Known(ticket, workflow, scan.Json.Text("id")!, webhook, key, op.Text("shard")!, op.Number("opid"));
    }

    private static Dictionary<string, Ask[]> Asks(string a, string b, Known known) => new(StringComparer.Ordinal)
    {
        ["ListKeys"] = [new("/keys", Refused: false), new($"/keys?prefix=tk_{known.Key}", Refused: false)],
        ["CreateKey"] = [new("/keys", $$"""{"role": "reader", "queue_prefixes": ["{{b}}"]}"""), new("/keys", """{"role": "reader", "queue_prefixes": [""]}""")],
        ["GetKey"] = [new($"/keys/{known.Key}")],
        ["RotateKey"] = [new($"/keys/{known.Key}/rotate", "{}")],
        ["RevokeKey"] = [new($"/keys/{known.Key}")],
        ["GetCaller"] = [new("/caller", Refused: false)],
        ["ReadAudit"] = [new("/settings/audit?limit=1000", Refused: false), new($"/settings/audit?target={b}", Refused: false)],
        ["GetWorkflows"] = [new("/workflows", Refused: false), new($"/workflows?workflow_id={known.Workflow}")],
        ["PutWorkflow"] =
        [
            new($"/workflows?workflow_id={known.Workflow}", Flow(known.Workflow), true, ("If-None-Match", "*")),
            new($"/workflows?workflow_id={known.Workflow}", Flow(known.Workflow), true, ("If-Match", "\"1\"")),
        ],
        ["GetQueues"] = [new("/queues", Refused: false), new($"/queues?queue={b}"), new("/queues?prefix=team-b", Refused: false)],
        ["PutQueue"] =
        [
            new($"/queues?queue={b}", $$"""{"queue": "{{b}}", "workflow_id": "incidents/v1"}""", true, ("If-Match", "\"1\"")),
            new($"/queues?queue={b}/new", $$"""{"queue": "{{b}}/new", "workflow_id": "incidents/v1"}""", true, ("If-None-Match", "*")),
            new($"/queues?queue={a}/new", $$"""{"queue": "{{a}}/new", "workflow_id": "{{known.Workflow}}"}""", false, ("If-None-Match", "*")),
        ],
        ["TakeNonces"] = [new("/nonces", "{}", false)],
        ["CreateTicket"] = [new("/tickets", $$"""{"queue": "{{b}}"}"""), new("/tickets", $$"""{"queue": "{{a}}", "parent_id": "{{known.Ticket}}"}""", false)],
        ["BulkTickets"] = [new("/tickets/bulk", $$"""{"items": [{"create": {"queue": "{{b}}"} }, {"update": {"ticket_id": "{{known.Ticket}}", "set": {"group": "x"} } }, {"update": {"ticket_id": "{{known.Ticket}}", "queue": "{{b}}"} }]}""", false)],
        ["GetTicket"] = [new($"/tickets/{known.Ticket}"), new($"/tickets/{known.Ticket}?queue={b}"), new($"/tickets/{known.Ticket}?queue={a}")],
        ["UpdateTicket"] =
        [
            new($"/tickets/{known.Ticket}", """{"set": {"group": "x"} }"""), new($"/tickets/{known.Ticket}", $$"""{"queue": "{{b}}", "set": {"group": "x"} }"""),
            new($"/tickets/{known.Ticket}", $$"""{"queue": "{{a}}", "set": {"group": "x"} }"""), new($"/tickets/{known.Ticket}", $$"""{"set": {"queue": "{{a}}"} }"""),
            new($"/tickets/{known.Ticket}", """{"expected": {"ticket.status": "x", "meta.note": {"version": 9} } }"""),
        ],
        ["AcceptTicket"] = [new($"/tickets/{known.Ticket}/accept", """{"by": "a"}"""), new($"/tickets/{known.Ticket}/accept", $$"""{"queue": "{{b}}", "by": "a"}""")],
        ["FindTickets"] =
        [
            new("/tickets/find", $$"""{"query": {"queue": "{{b}}"} }"""), new("/tickets/find", $$"""{"query": {"queue": "{{a}}", "ticket_id": "{{known.Ticket}}"} }""", false),
            new("/tickets/find", $$"""{"query": {"queue": "{{a}}", "group": "x", "parent_id": "{{known.Ticket}}"} }""", false),
        ],
        ["GetIndexUsage"] = [new($"/queues/index-usage?queue={b}")],
        ["ReadOplog"] = [new("/oplog?max_ops=1000", Refused: false), new($"/oplog?queue={b}")],
        ["ReadOp"] = [new($"/oplog/{known.Shard}/{known.Opid}")],
        ["SkipRefusedOp"] = [new($"/oplog/{known.Shard}/{known.Opid}/skip", """{"reason": "x"}""")],
        ["ReadOverview"] = [new("/overview")],
        ["RunArchive"] = [new("/archive/runs")],
        ["ListOrchestrations"] = [new($"/orchestrations?hub={known.Shard}"), new($"/orchestrations?hub=settings&instance_id={known.Operation}")],
        ["OrchestrationHealth"] = [new("/orchestrations/health")],
        ["TerminateOrchestration"] = [new($"/orchestrations/terminate?hub=settings&instance_id={known.Operation}")],
        ["ResumeOrchestration"] = [new($"/orchestrations/resume?hub=settings&instance_id={known.Operation}")],
        ["RewindOrchestration"] = [new($"/orchestrations/rewind?hub=settings&instance_id={known.Operation}")],
        ["ReadNotifications"] = [new($"/notifications?recipient={Canary}-group", Refused: false)],
        ["SweepLifecycles"] = [new("/lifecycles/sweep")],
        ["StartScan"] = [new("/cold/scans", $$"""{"query": {"queue": "{{b}}"}, "from": "2026-01-01", "to": "2026-01-02"}""")],
        ["StartErasure"] = [new("/cold/erasures", $$"""{"queue": "{{b}}", "ticket_ids": ["{{known.Ticket}}"]}""")],
        ["StartIndexRebuild"] = [new("/cold/index-rebuilds", $$"""{"queue": "{{b}}"}""")],
        ["RestoreTicket"] = [new($"/tickets/{known.Ticket}/restore", $$"""{"queue": "{{b}}"}"""), new($"/tickets/{known.Ticket}/restore", $$"""{"queue": "{{a}}"}""")],
        ["StartQueueMove"] = [new("/queues/moves", $$"""{"queue": "{{b}}", "shards": ["hot-1"]}""")],
        ["ListOperations"] = [new("/operations", Refused: false)],
        ["GetOperation"] = [new($"/operations/{known.Operation}")],
        ["GetOperationResult"] = [new($"/operations/{known.Operation}/result")],
        ["CancelOperation"] = [new($"/operations/{known.Operation}/cancel")],
        ["ListWebhooks"] = [new("/webhooks", Refused: false)],
        ["CreateWebhook"] = [new("/webhooks", $$"""{"url": "http://127.0.0.1:9/x", "queue": "{{b}}"}""")],
        ["GetWebhook"] = [new($"/webhooks/{known.Webhook}")],
        ["ChangeWebhook"] = [new($"/webhooks/{known.Webhook}", """{"status": "paused"}""")],
        ["RemoveWebhook"] = [new($"/webhooks/{known.Webhook}")],
        ["ReplayWebhook"] = [new($"/webhooks/{known.Webhook}/replay", """{"cursor": "now"}""")],
        ["ReadMetrics"] = [new("/metrics", Refused: false)],
        ["ListDeadDeliveries"] = [new($"/webhooks/{known.Webhook}/dead")],
    };

    private static string Flow(string id) => $$"""{"workflow_id": "{{id}}", "initial": "open", "statuses": {"open": {"to": ["done"]}, "done": {"terminal": true} } }""";
}
