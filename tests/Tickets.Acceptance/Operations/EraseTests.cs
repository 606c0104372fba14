using Tickets.Acceptance.Lifecycle;

namespace Tickets.Acceptance.Operations;

public class EraseTests(RunningApp app)
{
    [Fact]
    public async Task An_erased_person_is_gone_from_hot_parts_log_and_results_and_a_retry_makes_no_second_ticket()
    {
        var secret = $"Mallory-{Guid.NewGuid():n}";
        var queue = await app.NewQueueAsync("hot-0", retention: "PT0S");
        var nonce = await app.Admin.NonceAsync();
        var create = $$"""{"nonce": "{{nonce}}", "queue": "{{queue}}", "created_at": "1990-01-05T00:00:00Z", "meta": {"person": "{{secret}}"}, "indexed_meta": {"state": "{{secret}}"} }""";
        var first = (await app.Admin.PostAsync("/tickets", create)).Ok();
        var cold = first.Text("ticket_id")!;
        await app.Admin.CloseAsync(queue, cold);
        var others = await app.ArchivedAsync(queue, 30);
        await Archive.Archiving.MoveAsync(app.Admin, queue, cold);
        var hot = await app.Admin.CreateAsync(queue, $"\"meta\": {{\"person\": \"{secret}\"}}");
        var scan = await app.Admin.RunAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"} }""");
        Assert.Contains(secret, (await app.Admin.GetAsync($"/operations/{scan.Text("id")}/result")).Text);

        var erased = await app.Admin.RunAsync("/cold/erasures", $$"""{"queue": "{{queue}}", "ticket_ids": ["{{cold}}", "{{hot}}", "4711"]}""");

        Assert.Equal("succeeded", erased.Text("status"));
        var report = erased.GetProperty("result");
        Assert.Equal((2, 1, 1), (report.Number("tickets"), report.Number("parts"), report.Number("result_lines")));
        Assert.True(report.Number("ops") >= 3);
        foreach (var process in new[] { app.Admin, await app.SecondAsync() })
        {
            (await process.GetAsync($"/tickets/{cold}?queue={queue}")).Problem(404, "ticket_not_found");
            (await process.GetAsync($"/tickets/{hot}")).Problem(404, "ticket_not_found");
            foreach (var other in others)
                Assert.Equal("cold", (await process.TicketAsync(queue, other)).Text("tier"));
        }

        Assert.Equal(0, await Erasing.OccurrencesAsync(app, secret));
        var log = await ChangeLog.OplogReader.ReadAllAsync(app.Admin, queue: queue);
        Assert.DoesNotContain(secret, string.Join('\n', log.Select(op => op.GetRawText())));
        Assert.Equal(2, log.Count(op => op.Text("kind") == "erased"));

        // The robot that made it tries once more.
        (await app.Admin.PostAsync("/tickets", create)).Ok().Is(first.GetRawText());
        (await app.Admin.PostAsync("/tickets", create.Replace(secret, "another", StringComparison.Ordinal))).Problem(409, "invalid_nonce");
        (await app.Admin.GetAsync($"/tickets/{cold}")).Problem(404, "ticket_not_found");
    }

    [Fact]
    public async Task No_table_of_any_database_names_a_person_whose_ticket_was_accepted_reminded_of_and_erased()
    {
        var person = $"Mallory-{Guid.NewGuid():n}";
        var scene = new LifecycleScene(app);
        var queue = await scene.QueueAsync("""{"to": ["closed"], "remind_every": "PT0.3S", "lifetime": "PT1H"}""");
        var id = await app.Admin.CreateAsync(queue, $"\"group\": \"{person}\", \"meta\": {{\"person\": \"{person}\"}}");
        await Eventually.IsAsync(async () => (await scene.KindsAsync(person)).Contains("reminder"));
        (await app.Admin.PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "{{person}}"}""")).Ok();
        await scene.WaitingAsync(id, _ => true);
        string[] expected = ["notifications", "oplog", "orchestration_history", "ticket_meta", "tickets"];
        Assert.Superset(expected.ToHashSet(), await Erasing.TablesAsync(app, person));

        var erased = await app.Admin.RunAsync("/cold/erasures", $$"""{"queue": "{{queue}}", "ticket_ids": ["{{id}}"]}""");

        Assert.Equal("succeeded", erased.Text("status"));
        Assert.Empty(await Erasing.TablesAsync(app, person));
        Assert.Equal(0, await scene.RepairedAsync(queue));
    }

    [Fact]
    public async Task What_is_wrong_with_an_erasure_is_named()
    {
        var queue = await app.NewQueueAsync();
        (await app.Admin.PostAsync("/cold/erasures", $$"""{"queue": "{{queue}}"}""")).Problem(400, "invalid_field", "/ticket_ids");
        (await app.Admin.PostAsync("/cold/erasures", $$"""{"queue": "{{queue}}", "ticket_ids": ["x", "1"]}""")).Problem(400, "invalid_field", "/ticket_ids/0");
        (await app.Admin.PostAsync("/cold/erasures", $$"""{"queue": "{{queue}}", "ticket_ids": ["1"], "why": 1}""")).Problem(400, "unknown_member", "/why");
        (await app.Admin.PostAsync("/cold/erasures", """{"queue": "no/such", "ticket_ids": ["1"]}""")).Problem(400, "queue_not_found");
    }
}
