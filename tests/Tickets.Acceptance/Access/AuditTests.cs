namespace Tickets.Acceptance.Access;

public class AuditTests(RunningApp app)
{
    [Fact]
    public async Task Every_change_of_settings_is_told_with_who_made_it_and_how_it_stands_newest_first()
    {
        var admin = await app.AsAsync(Role.Admin, "audited");
        var me = (await admin.GetAsync("/caller")).Ok().Text("caller");
        var flow = """{"workflow_id": "audited/flow", "initial": "open", "statuses": {"open": {"to": ["done"]}, "done": {"terminal": true} } }""";
        (await admin.PutAsync("/workflows?workflow_id=audited/flow", flow, ("If-None-Match", "*"))).Ok();
        var queue = (await admin.PutAsync("/queues?queue=audited/q", """{"queue": "audited/q", "workflow_id": "audited/flow"}""", ("If-None-Match", "*"))).Ok();
        (await admin.PutAsync("/queues?queue=audited/q", """{"queue": "audited/q", "workflow_id": "audited/flow", "description": "Second"}""", ("If-Match", "\"1\""))).Problem(412, "precondition_failed");
        (await admin.PutAsync("/queues?queue=audited/q", """{"queue": "audited/q", "workflow_id": "audited/flow", "description": "Second"}""", ("If-Match", $"\"{queue.Number("revision")}\""))).Ok();
        var made = (await admin.PostAsync("/keys", """{"role": "reader", "queue_prefixes": ["audited/q"]}""")).Ok();
        (await admin.SendAsync("DELETE", $"/keys/{made.Text("key_id")}", default(string))).Ok();

        var entries = await ReadAsync(admin, limit: 2);

        Assert.Equal(
            ["key.revoke", "key.create", "queue.put", "queue.put", "workflow.put", "key.create"],
            entries.Select(entry => entry.Text("action")));
        Assert.Equal([me, me, me, me, me, "system"], entries.Select(entry => entry.Text("actor")));
        Assert.Equal("Second", entries[2].GetProperty("change").Text("description"));
        Assert.Equal(queue.Number("revision"), entries[3].Number("revision"));
        Assert.DoesNotContain(made.Text("key")!, string.Concat(entries.Select(entry => entry.GetRawText())), StringComparison.Ordinal);
        Assert.Equal(2, (await admin.GetAsync("/settings/audit?target=audited/q")).Ok().GetProperty("entries").GetArrayLength());
        (await admin.GetAsync("/settings/audit?cursor=x")).Problem(400, "invalid_cursor");
        Assert.Empty(await ReadAsync(await app.AsAsync(Role.Admin, "audited/q/below"), limit: 100, besides: "key.create"));
    }

    private static async Task<List<JsonElement>> ReadAsync(Api admin, int limit, string? besides = null)
    {
        var (entries, cursor) = (new List<JsonElement>(), (string?)null);
        do
        {
            var page = (await admin.GetAsync($"/settings/audit?limit={limit}{(cursor is null ? "" : $"&cursor={cursor}")}")).Ok();
            entries.AddRange(page.GetProperty("entries").EnumerateArray().Where(entry => entry.Text("action") != besides));
            cursor = page.Text("next_cursor");
        }
        while (cursor is not null);
        return entries;
    }
}
