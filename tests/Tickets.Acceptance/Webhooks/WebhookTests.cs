using Tickets.Acceptance.ChangeLog;
using Tickets.Core.Platform.Webhooks;
using Tickets.Core.Webhooks;
using Tickets.Tests;
using Tickets.Tests.Platform;

namespace Tickets.Acceptance.Webhooks;

public class WebhookTests(RunningApp app)
{
    [Fact]
    public async Task A_queues_changes_are_delivered_in_order_signed_and_once()
    {
        await using var receiver = new WebhookReceiver();
        var (queue, other) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0"));
        var webhook = await MakeAsync(receiver, queue);
        var ids = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            ids.Add(await app.Admin.CreateAsync(queue));
            await app.Admin.CreateAsync(other);
        }

        await Eventually.IsAsync(() => Task.FromResult(Told(receiver).Count >= 30));

        Assert.Equal(ids, Told(receiver).Select(op => op.Text("subject")));
        Assert.All(Told(receiver), op => Assert.Equal(queue, op.GetProperty("data").Text("queue")));
        var secret = WebhookSecret.TryParse(webhook.Text("secret")!)!;
        Assert.All(receiver.Requests, request =>
        {
            Assert.Equal("application/cloudevents-batch+json", request.ContentType);
            Assert.Equal(secret.Sign(request.Id!, DateTimeOffset.FromUnixTimeSeconds(request.Timestamp), request.Body), request.Signature);
        });
        Assert.Equal(receiver.Requests.Count, receiver.Requests.Select(request => request.Id).Distinct().Count());
    }

    [Fact]
    public async Task More_changes_than_a_delivery_holds_come_in_several_in_order_and_once()
    {
        await using var receiver = new WebhookReceiver();
        var queue = await app.NewQueueAsync("hot-0");
        var cursor = await app.Admin.NowAsync();
        var list = string.Join(',', Enumerable.Repeat($$"""{"create": {"queue": "{{queue}}"} }""", 250));
        (await app.Admin.PostAsync("/tickets/bulk", $$"""{"items": [{{list}}]}""")).Ok();
        var created = (await app.Admin.ReadAllAsync(cursor, queue)).ConvertAll(op => op.Text("ticket_id"));
        await MakeAsync(receiver, queue, more: $", \"cursor\": \"{cursor}\"");

        await Eventually.IsAsync(() => Task.FromResult(Told(receiver).Count >= 250));

        Assert.Equal(250, created.Count);
        // A delivery whose answer came too late is repeated under its id.
        var deliveries = receiver.Requests.DistinctBy(request => request.Id).ToList();
        Assert.Equal(created, deliveries.SelectMany(request => JsonElement.Parse(request.Body).EnumerateArray().Select(op => op.Text("subject")).ToList()));
        Assert.True(deliveries.Count >= 3);
    }

    [Fact]
    public async Task A_delivery_that_is_not_taken_is_repeated_under_its_id_with_its_body_by_whichever_process()
    {
        await using var side = await SideApp.StartAsync(app);
        await side.Stack.StartAppAsync();
        await using var receiver = new WebhookReceiver { Answer = _ => (500, null) };
        var queue = await side.NewQueueAsync("hot-1");
        await MakeAsync(receiver, queue, side.Admin);
        await side.Admin.CreateAsync(queue);
        await Eventually.IsAsync(() => Task.FromResult(receiver.Requests.Count >= 2));
        await side.Admin.CreateAsync(queue);

        await side.Stack.Apps[0].KillAsync();
        receiver.Answer = _ => (200, null);
        await Eventually.IsAsync(() => Task.FromResult(Ops(receiver).Select(op => op.Text("id")).Distinct().Count() == 2), TimeSpan.FromSeconds(60));

        var first = receiver.Requests.GroupBy(request => request.Id).First();
        Assert.True(first.Count() >= 3);
        Assert.Single(first.Select(request => Convert.ToBase64String(request.Body)).Distinct());
    }

    [Fact]
    public async Task A_webhook_may_begin_with_the_oldest_op_that_is_kept()
    {
        await using var receiver = new WebhookReceiver();
        var queue = await app.NewQueueAsync("hot-0");
        var id = await app.Admin.CreateAsync(queue);
        (await app.Admin.PostAsync("/webhooks", $$"""{"url": "{{receiver.Url}}", "queue": "{{queue}}", "cursor": "oldest"}""")).Ok();
        await Eventually.IsAsync(() => Task.FromResult(Ops(receiver).Exists(op => op.Text("subject") == id)));
    }

    [Fact]
    public async Task A_webhook_that_is_removed_leaves_nothing_on_the_shards_also_when_a_process_hears_of_it_late()
    {
        await using var receiver = new WebhookReceiver();
        var queue = await app.NewQueueAsync("hot-0");
        var (removed, kept) = ((await MakeAsync(receiver, queue)).Text("webhook_id")!, (await MakeAsync(receiver, queue)).Text("webhook_id")!);
        await using var process = await CoreProcess.StartAsync(app.Stack);
        var shard = process.Get<Core.Platform.ShardSet>()["hot-0"].Database;
        await Eventually.IsAsync(async () => await RowsAsync(removed) == 1 && await RowsAsync(kept) == 1);
        await ExecuteAsync($"insert into webhook_dead_deliveries values ('{removed}', 'd', 1, 1, 1, 'x', now()), ('{kept}', 'd', 1, 1, 1, 'x', now())");

        Assert.Equal(204, (await app.Admin.SendAsync("DELETE", $"/webhooks/{removed}", default(string))).Status);
        // Other processes may still make the webhook's place with the list that they had read before; upkeep clears up after them.
        await Eventually.IsAsync(async () =>
        {
            if (await RowsAsync(removed) > 0)
                await process.Get<WebhookRemains>().ForgetAsync(TestContext.Current.CancellationToken);
            return await RowsAsync(removed) == 0;
        });
        Assert.Equal(2, await RowsAsync(kept));
        await ExecuteAsync($"insert into oplog_followers (follower, opid, fence, lease_until, attempts) values ('webhook/{removed}/1', 0, 0, '-infinity', 0) on conflict do nothing");
        await process.Get<WebhookRemains>().ForgetAsync(TestContext.Current.CancellationToken);
        Assert.Equal((0, 2), (await RowsAsync(removed), await RowsAsync(kept)));

        async Task<long> RowsAsync(string webhook)
        {
            await using var command = shard.CreateCommand($"select (select count(*) from oplog_followers where follower like 'webhook/{webhook}/%') + (select count(*) from webhook_dead_deliveries where webhook_id = '{webhook}')");
            return (long)(await command.ExecuteScalarAsync())!;
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = shard.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Fact]
    public async Task A_delivery_that_is_never_taken_is_listed_and_does_not_hold_up_what_follows_and_a_replay_brings_it_again()
    {
        await using var side = await SideApp.StartAsync(app, withApp: true, ("Webhooks__Attempts", "2"));
        var queue = await side.NewQueueAsync("hot-0");
        await using var receiver = new WebhookReceiver();
        receiver.Answer = request => System.Text.Encoding.UTF8.GetString(request.Body).Contains("poison", StringComparison.Ordinal) ? (400, null) : (200, null);
        var cursor = await side.Admin.NowAsync();
        var webhook = (await MakeAsync(receiver, queue, side.Admin)).Text("webhook_id");
        await side.Admin.CreateAsync(queue, "\"group\": \"poison\"");
        await Eventually.IsAsync(async () => (await DeadAsync(side.Admin, webhook!)).Count == 1);
        var after = await side.Admin.CreateAsync(queue);
        await Eventually.IsAsync(() => Task.FromResult(Ops(receiver).Exists(op => op.Text("subject") == after)));

        var dead = Assert.Single(await DeadAsync(side.Admin, webhook!));
        Assert.Equal(("hot-0", 2, "answered 400"), (dead.Text("shard"), dead.Number("attempts"), dead.Text("failure")));
        Assert.Equal(2, receiver.Requests.Count(request => request.Id == dead.Text("delivery_id")));

        receiver.Answer = _ => (200, null);
        (await side.Admin.PostAsync($"/webhooks/{webhook}/replay", $$"""{"cursor": "{{cursor}}"}""")).Ok();
        await Eventually.IsAsync(() => Task.FromResult(Ops(receiver).Count(op => op.Text("subject") == after) == 2));
        Assert.Equal(3, Ops(receiver).Count(op => op.GetProperty("data").GetRawText().Contains("poison", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Kinds_are_chosen_and_a_paused_webhook_goes_on_where_it_was()
    {
        await using var receiver = new WebhookReceiver();
        var queue = await app.NewQueueAsync("hot-1");
        var webhook = (await MakeAsync(receiver, queue, app.Admin, """, "kinds": ["updated"]""")).Text("webhook_id");
        var id = await app.Admin.CreateAsync(queue);
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"group": "a"}}""")).Ok();
        await Eventually.IsAsync(() => Task.FromResult(Told(receiver).Count == 1));

        (await app.Admin.PatchAsync($"/webhooks/{webhook}", """{"status": "paused"}""")).Ok();
        await Task.Delay(1500);
        (await app.Admin.PatchAsync($"/tickets/{id}", """{"set": {"group": "b"}}""")).Ok();
        await Task.Delay(500);
        Assert.Single(Told(receiver));
        (await app.Admin.PatchAsync($"/webhooks/{webhook}", """{"status": "active"}""")).Ok();
        await Eventually.IsAsync(() => Task.FromResult(Told(receiver).Count == 2));
        Assert.All(Told(receiver), op => Assert.Equal("tickets.updated", op.Text("type")));
    }

    [Fact]
    public async Task A_webhook_that_fails_as_nobody_foresaw_does_not_end_the_others_and_goes_on_when_it_can()
    {
        await using var receiver = new WebhookReceiver();
        await using var others = new WebhookReceiver();
        var (queue, shard) = (await app.NewQueueAsync("hot-0"), Databases.Of(app.Stack.Shards["hot-0"]));
        var webhook = (await MakeAsync(receiver, queue)).Text("webhook_id");
        await MakeAsync(others, queue);
        await app.Admin.CreateAsync(queue);
        await Eventually.IsAsync(() => Task.FromResult(Told(receiver).Count == 1 && Told(others).Count == 1));
        (await app.Admin.PatchAsync($"/webhooks/{webhook}", """{"status": "paused"}""")).Ok();
        // A time that .NET has no value for: what it throws is no fault of a database that is away.
        await Eventually.IsAsync(async () => await shard.ScalarAsync<long>($"with hurt as (update oplog_followers set next_at = '20000-01-01' where follower = 'webhook/{webhook}/1' and lease_until = '-infinity' returning 1) select count(*) from hurt") == 1);
        var fence = await shard.ScalarAsync<long>($"select fence from oplog_followers where follower = 'webhook/{webhook}/1'");
        // Not by the API, whose answer would tell the time.
        await Databases.Of(app.Stack.SettingsDatabase).ExecuteAsync($"update webhooks set status = 'active' where webhook_id = '{webhook}'");
        await Eventually.IsAsync(async () => await shard.ScalarAsync<long>($"select fence from oplog_followers where follower = 'webhook/{webhook}/1'") > fence);

        await app.Admin.CreateAsync(queue);
        await Eventually.IsAsync(() => Task.FromResult(Told(others).Count == 2));
        Assert.Single(Told(receiver));
        await shard.ExecuteAsync($"update oplog_followers set next_at = null, lease_until = '-infinity' where follower = 'webhook/{webhook}/1'");
        await Eventually.IsAsync(() => Task.FromResult(Told(receiver).Count == 2));
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_left_alone_and_one_that_is_removed_is_forgotten()
    {
        await using var receiver = new WebhookReceiver { Answer = _ => (410, null) };
        var queue = await app.NewQueueAsync();
        var webhook = (await MakeAsync(receiver, queue)).Text("webhook_id");
        await app.Admin.CreateAsync(queue);
        await Eventually.IsAsync(async () => (await app.Admin.GetAsync($"/webhooks/{webhook}")).Ok().Text("status") == "gone");
        await app.Admin.CreateAsync(queue);
        await Task.Delay(500);
        // One delivery, which may come again when the process that made it was slow to say so.
        Assert.Single(receiver.Requests.Select(request => request.Id).Distinct());

        Assert.Equal(204, (await app.Admin.SendAsync("DELETE", $"/webhooks/{webhook}", default(string))).Status);
        (await app.Admin.GetAsync($"/webhooks/{webhook}")).Problem(404, "not_found");
    }

    [Fact]
    public async Task The_secret_is_told_once_and_progress_is_shown()
    {
        await using var receiver = new WebhookReceiver();
        var queue = await app.NewQueueAsync("hot-0");
        var made = await MakeAsync(receiver, queue);
        Assert.StartsWith("whsec_", made.Text("secret"), StringComparison.Ordinal);
        await app.Admin.CreateAsync(queue);
        await Eventually.IsAsync(() => Task.FromResult(Told(receiver).Count == 1));
        var shown = (await app.Admin.GetAsync($"/webhooks/{made.Text("webhook_id")}")).Ok();
        Assert.Null(shown.Text("secret"));
        Assert.Equal(["hot-0", "hot-1"], shown.GetProperty("shards").EnumerateArray().Select(shard => shard.Text("shard")).Order());
        Assert.Contains(made.Text("webhook_id"), (await app.Admin.GetAsync("/webhooks")).Ok().GetProperty("webhooks").EnumerateArray().Select(each => each.Text("webhook_id")));
    }

    [Fact]
    public async Task A_key_makes_and_sees_webhooks_of_the_queues_it_reaches_only()
    {
        await using var receiver = new WebhookReceiver();
        var (mine, foreign) = (RunningApp.NewName("mine"), await app.NewQueueAsync());
        var queue = await app.NewQueueAsync(below: mine);
        var me = await app.AsAsync(Role.Operator, mine);
        (await me.PostAsync("/webhooks", $$"""{"url": "{{receiver.Url}}", "queue": "{{foreign}}"}""")).Problem(403, "forbidden");
        var all = (await me.PostAsync("/webhooks", $$"""{"url": "{{receiver.Url}}"}""")).Ok().Text("webhook_id");
        await using var elsewhere = new WebhookReceiver();
        var others = (await MakeAsync(elsewhere, foreign)).Text("webhook_id");
        (await me.GetAsync($"/webhooks/{others}")).Problem(404, "not_found");
        (await (await app.AsAsync(Role.Robot)).GetAsync("/webhooks")).Problem(403, "forbidden");

        await app.Admin.CreateAsync(foreign);
        var id = await app.Admin.CreateAsync(queue);
        await Eventually.IsAsync(() => Task.FromResult(Ops(receiver).Exists(op => op.Text("subject") == id)));
        Assert.All(Ops(receiver), op => Assert.Equal(queue, op.GetProperty("data").Text("queue")));
        await me.SendAsync("DELETE", $"/webhooks/{all}", default(string));
        await app.Admin.SendAsync("DELETE", $"/webhooks/{others}", default(string));
    }

    [Theory]
    [InlineData("{}", "/url")]
    [InlineData("""{"url": "relative"}""", "/url")]
    [InlineData("""{"url": "ftp://example.com"}""", "/url")]
    [InlineData("""{"url": "https://example.com", "kinds": ["made"]}""", "/kinds/0")]
    [InlineData("""{"url": "https://example.com", "secret": "short"}""", "/secret")]
    public async Task A_request_that_cannot_be_met_is_refused_by_name(string body, string pointer) =>
        (await app.Admin.PostAsync("/webhooks", body)).Problem(400, "invalid_field", pointer);

    [Fact]
    public async Task Queues_cursors_and_members_that_do_not_exist_are_refused()
    {
        (await app.Admin.PostAsync("/webhooks", """{"url": "https://example.com", "queue": "no/such"}""")).Problem(400, "queue_not_found");
        (await app.Admin.PostAsync("/webhooks", """{"url": "https://example.com", "cursor": "forged"}""")).Problem(400, "invalid_cursor");
        (await app.Admin.PostAsync("/webhooks", """{"url": "https://example.com", "uri": "x"}""")).Problem(400, "unknown_member");
        (await app.Admin.PostAsync("/webhooks/wh_none/replay", """{"cursor": "now"}""")).Problem(404, "not_found");
    }

    private async Task<JsonElement> MakeAsync(WebhookReceiver receiver, string queue, Api? api = null, string more = "") =>
        (await (api ?? app.Admin).PostAsync("/webhooks", $$"""{"url": "{{receiver.Url}}", "queue": "{{queue}}"{{more}} }""")).Ok();

    private static async Task<List<JsonElement>> DeadAsync(Api api, string webhook) =>
        [.. (await api.GetAsync($"/webhooks/{webhook}/dead")).Ok().GetProperty("dead_deliveries").EnumerateArray()];

    /// <summary>Each op once: a delivery whose answer came too late is repeated under its id.</summary>
    private static List<JsonElement> Told(WebhookReceiver receiver) => [.. Ops(receiver).DistinctBy(op => op.Text("id"))];

    /// <summary>The events of every request, also of repeated ones.</summary>
    private static List<JsonElement> Ops(WebhookReceiver receiver) => [.. receiver.Requests.SelectMany(request => JsonElement.Parse(request.Body).EnumerateArray().ToList())];
}
