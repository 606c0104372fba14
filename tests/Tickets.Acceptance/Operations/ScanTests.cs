using Tickets.Core.Access;

namespace Tickets.Acceptance.Operations;

public class ScanTests(RunningApp app)
{
    [Fact]
    public async Task A_scan_finds_the_cold_tickets_that_match_and_streams_them_as_lines()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        var ids = await app.ArchivedAsync(queue, 60);
        var hot = await app.Admin.CreateAsync(queue, "\"indexed_meta\": {\"cost\": 3}");

        var operation = await app.Admin.RunAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}", "status": "closed", "indexed_meta": {"cost": 3} }, "projection": ["status", "meta.note"]}""");

        Assert.Equal(("scan", "succeeded"), (operation.Text("kind"), operation.Text("status")));
        Assert.Equal((6, 60), (operation.GetProperty("result").Number("matched"), operation.GetProperty("result").Number("scanned")));
        Assert.Equal(operation.GetProperty("progress").Number("total"), operation.GetProperty("progress").Number("done"));
        var result = await app.Admin.GetAsync($"/operations/{operation.Text("id")}/result");
        Assert.Equal((200, "application/x-ndjson"), (result.Status, result.Headers["Content-Type"]));
        var lines = result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(ids.Where((_, i) => i % 10 == 3).Order(), lines.Select(line => line.Text("ticket_id")!).Order());
        Assert.All(lines, line => Assert.Equal(["ticket_id", "status", "meta"], line.EnumerateObject().Select(member => member.Name)));
        Assert.DoesNotContain(lines, line => line.Text("ticket_id") == hot);
    }

    [Fact]
    public async Task Days_and_other_conditions_narrow_a_scan()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        await app.ArchivedAsync(queue, 56);
        Assert.Equal(4, await CountAsync($$"""{"query": {"queue": "{{queue}}"}, "from": "1990-01-02", "to": "1990-01-03"}"""));
        Assert.Equal(56, await CountAsync($$"""{"query": {"queue": "{{queue}}", "resolution_status": "resolved"} }"""));
        Assert.Equal(0, await CountAsync($$"""{"query": {"queue": "{{queue}}", "resolution_status": "noresolution"} }"""));
        Assert.Equal(0, await CountAsync($$"""{"query": {"queue": "{{queue}}", "group": "nobody"} }"""));
        Assert.Equal(2, await CountAsync($$"""{"query": {"queue": "{{queue}}", "indexed_meta": {"cost": 3, "state": "S1"} }, "from": "1990-01-01"}"""));

        async Task<long> CountAsync(string body) => (await app.Admin.RunAsync("/cold/scans", body)).GetProperty("result").Number("matched");
    }

    [Fact]
    public async Task What_is_wrong_with_a_scan_is_named()
    {
        var queue = await app.NewQueueAsync();
        (await app.Admin.PostAsync("/cold/scans", "{}")).Problem(400, "invalid_field", "/query");
        (await app.Admin.PostAsync("/cold/scans", """{"query": {"queue": "no/such"}}""")).Problem(400, "queue_not_found");
        (await app.Admin.PostAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}", "colour": 1}, "limit": 5}""")).Problem(400, "unknown_member", "/query/colour", "/limit");
        (await app.Admin.PostAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}", "indexed_meta": {"no": 1} }, "from": "yesterday", "projection": ["nothing"]}""")).Problem(400, "invalid_field", "/query/indexed_meta/no", "/from", "/projection/0");
        (await app.Admin.PostAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"}, "from": "2020-01-02", "to": "2020-01-01"}""")).Problem(400, "invalid_field", "/to");
        (await app.Admin.GetAsync("/operations/op-nothing")).Problem(404, "operation_not_found");
        (await app.Admin.GetAsync("/operations?status=odd")).Problem(400, "invalid_parameter");
        (await app.Admin.GetAsync("/operations?cursor=odd")).Problem(400, "invalid_cursor");
        (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "include_cold": true}""")).Problem(400, "invalid_field", "/include_cold");
        (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"}, "include_cold": false}""")).Ok();
    }

    [Fact]
    public async Task Operations_are_listed_and_shown_to_those_alone_who_reach_their_queue()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S", below: "mine");
        await app.ArchivedAsync(queue, 3);
        var operation = await app.Admin.RunAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"} }""");
        var (inside, outside) = (await app.AsAsync(Role.Operator, "mine"), await app.AsAsync(Role.Operator, "yours"));
        var id = operation.Text("id");

        Assert.Contains((await inside.GetAsync("/operations?status=succeeded")).Ok().GetProperty("operations").EnumerateArray(), shown => shown.Text("id") == id);
        Assert.DoesNotContain((await inside.GetAsync("/operations?status=failed")).Ok().GetProperty("operations").EnumerateArray(), shown => shown.Text("id") == id);
        Assert.Empty((await outside.GetAsync("/operations")).Ok().GetProperty("operations").EnumerateArray());
        (await outside.GetAsync($"/operations/{id}")).Problem(404, "operation_not_found");
        (await outside.GetAsync($"/operations/{id}/result")).Problem(404, "operation_not_found");
        (await outside.PostAsync($"/operations/{id}/cancel", null)).Problem(404, "operation_not_found");
        (await outside.PostAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"} }""")).Problem(403, "forbidden");
        (await (await app.AsAsync(Role.Robot, "mine")).PostAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"} }""")).Problem(403, "forbidden");
        // What has ended stays as it is.
        Assert.Equal("succeeded", (await inside.PostAsync($"/operations/{id}/cancel", null)).Ok().Text("status"));
    }
}
