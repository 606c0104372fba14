using System.Net;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Tickets.Acceptance.Lifecycle;

/// <summary>What tickets do by themselves while nobody changes them: reminders, timeouts, error tickets, steps.</summary>
public class LifecycleTests(RunningApp app)
{
    private static int _names;

    [Fact]
    public async Task The_group_is_told_and_reminded_until_somebody_accepts()
    {
        var group = Name("night");
        var queue = await QueueAsync($$"""{"to": ["closed"], "remind_every": "PT0.3S", "lifetime": "PT1H", "group": "{{group}}"}""");
        var id = await app.Admin.CreateAsync(queue);

        await Eventually.IsAsync(async () => (await KindsAsync(group)).Count >= 3);
        (await app.Admin.PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "ada"}""")).Ok();
        await WaitingAsync(id, status => !status.TryGetProperty("due_at", out _));

        // What was written is shown when the transactions before it are over, of whichever test.
        var sent = await SentAsync(group);
        await Eventually.IsAsync(async () => (await KindsAsync(group)).Count == sent);
        var kinds = await KindsAsync(group);
        Assert.Equal("acceptance_wanted", kinds[0]);
        Assert.All(kinds.Skip(1), kind => Assert.Equal("reminder", kind));
        await Task.Delay(700);
        Assert.Equal(sent, await SentAsync(group));
    }

    [Fact]
    public async Task At_the_end_of_its_lifetime_a_ticket_takes_the_timeout_step_and_its_creator_is_told()
    {
        var creator = Name("robot");
        var queue = await QueueAsync("""{"to": ["closed", "open2"], "lifetime": "PT0.5S", "on_timeout": "open2"}""");
        var id = await app.Admin.CreateAsync(queue, $$""" "meta": {"created_by": "{{creator}}"} """);

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
        await Eventually.IsAsync(async () => (await KindsAsync(creator)).SequenceEqual(["timed_out"]));

        Assert.Equal(2, (await app.Admin.TicketAsync(queue, id)).Number("version"));
    }

    [Fact]
    public async Task Whoever_the_ticket_names_as_its_creator_when_it_runs_out_of_time_is_told_of_it()
    {
        var (first, second) = (Name("robot"), Name("robot"));
        var queue = await QueueAsync(
            """{"to": ["closed", "open2"], "lifetime": "PT0.5S", "on_timeout": "open2"}""", closed: """{"to": ["open-"], "terminal": true, "resolutions": ["fixed"], "resolution_required": true}""");
        var id = await app.Admin.CreateAsync(queue, $$""" "status": "open2", "meta": {"created_by": "{{first}}"} """);
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"meta.created_by": "{{second}}"} }""")).Ok();
        await app.Admin.CloseAsync(queue, id);
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "open"}, "unset": ["resolution"]}""")).Ok();

        await Eventually.IsAsync(async () => (await KindsAsync(second)).SequenceEqual(["timed_out"]));
        Assert.Empty(await KindsAsync(first));
    }

    [Fact]
    public async Task A_ticket_that_nobody_accepts_and_that_can_go_nowhere_gets_an_error_ticket_for_its_group_and_stays()
    {
        var group = Name("dispatch");
        var queue = await QueueAsync($$"""{"to": ["closed"], "lifetime": "PT0.5S", "remind_every": "PT1H", "group": "{{group}}"}""");
        var id = await app.Admin.CreateAsync(queue, """ "group": "night" """);

        await Eventually.IsAsync(async () => (await KindsAsync(group)).Contains("error_ticket"));
        var about = Assert.Single(await FindAsync(queue), ticket => ticket.Text("ticket_id") != id);

        Assert.Equal((id, group), (about.Text("parent_id"), about.Text("group")));
        Assert.Equal("open", (await app.Admin.TicketAsync(queue, id)).Text("status"));
        var error = (await app.Admin.TicketAsync(queue, about.Text("ticket_id")!)).GetProperty("meta").GetProperty("lifecycle_error").GetProperty("data");
        Assert.Equal((id, "open"), (error.Text("ticket_id"), error.Text("status")));
        // About the error ticket, whose lifetime ends too, none is made.
        await Eventually.IsAsync(async () => (await KindsAsync(group)).Contains("timed_out"));
        await Task.Delay(500);
        Assert.Equal(2, (await FindAsync(queue)).Count);
    }

    [Fact]
    public async Task Where_the_way_on_is_refused_the_other_ways_are_tried_in_order()
    {
        // The normal next wants a resolution, and does not say which.
        var queue = await QueueAsync("""{"to": ["closed+", "open2"], "steps": [{"send_on": true}]}""");
        var id = await app.Admin.CreateAsync(queue);

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
    }

    [Fact]
    public async Task Lifetimes_changed_in_the_settings_reach_tickets_that_wait_already()
    {
        var workflow = Name("wf");
        var queue = await QueueAsync("""{"to": ["closed", "open2"], "lifetime": "PT5H", "on_timeout": "open2"}""", workflow: workflow);
        var id = await app.Admin.CreateAsync(queue);
        await Task.Delay(1500);

        (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", Workflow(workflow, """{"to": ["closed", "open2"], "lifetime": "PT1S", "on_timeout": "open2"}"""), ("If-Match", await RevisionAsync(workflow)))).Ok();

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
    }

    [Fact]
    public async Task Steps_tell_a_bot_make_a_child_wait_for_its_end_and_send_the_ticket_on()
    {
        await using var bot = Bot.Start();
        var children = await QueueAsync("""{"to": ["closed"]}""");
        var queue = await QueueAsync(
            $$"""{"to": ["open2", "closed"], "steps": [{"webhook": "{{bot.Address}}"}, {"create": {"queue": "{{children}}", "group": "crew", "meta": {"job": {"size": 3} } } }, {"until_closed": "children"}, {"wait": "PT0.1S"}, {"send_on": true}]}""");
        var id = await app.Admin.CreateAsync(queue);

        var calls = await bot.UntilAsync(2);
        Assert.Single(calls.Select(call => call.Delivery).Distinct());
        Assert.Equal(["1", "2"], calls.Select(call => call.Attempt));
        Assert.All(calls, call => Assert.Equal(id, JsonElement.Parse(call.Body).Text("ticket_id")));
        Assert.All(calls, call => Assert.Equal(call.Signature, Bot.Sign(SecretAsync("webhooks").Result, call)));

        JsonElement child = default;
        await Eventually.IsAsync(async () => (await FindAsync(children)).Count == 1);
        child = (await FindAsync(children))[0];
        Assert.Equal((id, "crew"), (child.Text("parent_id"), child.Text("group")));
        Assert.Equal("open", (await app.Admin.TicketAsync(queue, id)).Text("status"));

        Assert.Single(await FindAsync(children));
        await app.Admin.CloseAsync(children, child.Text("ticket_id")!);
        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
    }

    [Fact]
    public async Task Steps_wait_until_a_date_and_no_longer_than_the_lifetime_of_the_status()
    {
        var date = DateTimeOffset.UtcNow.AddSeconds(1.5).ToString("o");
        var dated = await QueueAsync($$"""{"to": ["open2", "closed"], "steps": [{"until": "{{date}}"}, {"send_on": true}]}""");
        var endless = await QueueAsync("""{"to": ["closed", "open2"], "lifetime": "PT0.5S", "on_timeout": "open2", "steps": [{"wait": "PT9H"}, {"create": {"queue": "never/made"} }]}""");
        var (waits, ends) = (await app.Admin.CreateAsync(dated), await app.Admin.CreateAsync(endless));

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(endless, ends)).Text("status") == "open2");
        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(dated, waits)).Text("status") == "open2");
        Assert.True(DateTimeOffset.UtcNow >= DateTimeOffset.Parse(date, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task In_normal_running_the_sweep_finds_nothing_and_what_was_lost_it_repairs()
    {
        var queue = await QueueAsync("""{"to": ["closed", "open2"], "lifetime": "PT2H", "on_timeout": "open2"}""");
        var id = await app.Admin.CreateAsync(queue);
        var instance = (await app.Admin.GetAsync($"/orchestrations?hub={await HubOfAsync(id)}&instance_id=ticket/{id}")).Ok();
        // It waits for its time, unless it has just been told of the new queue's settings.
        Assert.Contains(instance.Text("status"), new[] { "pending", "running" });
        // Long enough ago for the sweep to look at it. Of this queue only: other tests break things on purpose.
        var shard = app.Stack.Shards[await HubOfAsync(id)];
        await ExecuteAsync(shard, $"update tickets set updated_at = updated_at - interval '3 hours' where ticket_id = {id}");
        Assert.Equal(0, await RepairedAsync(queue));

        await ExecuteAsync(shard, $"delete from orchestration_ready where instance_id = 'ticket/{id}'; delete from orchestrations where instance_id = 'ticket/{id}'; delete from orchestration_inbox where instance_id = 'ticket/{id}'; delete from orchestration_history where instance_id = 'ticket/{id}'");

        // By this sweep, or by the timer's.
        await Eventually.IsAsync(async () => await RepairedAsync(queue) + await CountAsync(shard, $"select count(*) from orchestrations where instance_id = 'ticket/{id}'") > 0);
        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
    }

    [Fact]
    public async Task A_closed_ticket_has_no_orchestration_and_one_that_is_opened_again_has_a_new_one()
    {
        var queue = await QueueAsync("""{"to": ["closed"], "lifetime": "PT1H"}""", closed: """{"to": ["open-"], "terminal": true, "resolutions": ["fixed"], "resolution_required": true}""");
        var id = await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, id);
        await WaitingAsync(id, status => status.Text("status") == "completed");

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "open"}, "unset": ["resolution"]}""")).Ok();

        await WaitingAsync(id, status => status.Text("status") is "pending" or "running");
    }

    [Fact]
    public async Task A_ticket_that_moves_to_another_shard_goes_on_living_there()
    {
        var workflow = Name("wf");
        var from = await QueueAsync("""{"to": ["closed", "open2"], "lifetime": "PT2S", "on_timeout": "open2"}""", workflow: workflow, shard: "hot-0");
        var to = await app.NewQueueAsync(shard: "hot-1", workflow: workflow);
        var id = await app.Admin.CreateAsync(from);

        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{from}}", "set": {"queue": "{{to}}"} }""")).Ok();

        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(to, id)).Text("status") == "open2");
        await Eventually.IsAsync(async () => (await app.Admin.GetAsync($"/orchestrations?hub=hot-0&instance_id=ticket/{id}")).Ok().Text("status") == "completed");
    }

    [Fact]
    public async Task The_tickets_of_a_queue_that_moves_to_another_shard_live_on_there_from_where_they_were()
    {
        var children = await QueueAsync("""{"to": ["closed"]}""");
        var queue = await QueueAsync($$"""{"to": ["open2", "closed"], "steps": [{"create": {"queue": "{{children}}"} }, {"until_closed": "children"}, {"send_on": true}]}""", shard: "hot-0");
        var id = await app.Admin.CreateAsync(queue);
        await WaitingAsync(id, status => status.TryGetProperty("custom_status", out var told) && told.GetProperty("stepsTaken").GetInt32() == 1);

        Assert.Equal(202, (await app.Admin.PostAsync("/queues/moves", $$"""{"queue": "{{queue}}", "shards": ["hot-1"]}""")).Status);
        await Eventually.IsAsync(async () => await app.Admin.GetAsync($"/orchestrations?hub=hot-1&instance_id=ticket/{id}") is { Status: 200 });
        await Eventually.IsAsync(async () => (await app.Admin.GetAsync($"/orchestrations?hub=hot-0&instance_id=ticket/{id}")).Ok().Text("status") == "completed");

        // It waits for the child that it made before, and makes no other.
        await app.Admin.CloseAsync(children, Assert.Single(await FindAsync(children)).Text("ticket_id")!);
        await Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
        Assert.Single(await FindAsync(children));
    }

    [Fact]
    public async Task A_ticket_that_is_opened_again_at_once_lives_on_however_far_its_last_life_was_from_its_end()
    {
        var queue = await QueueAsync(
            """{"to": ["closed"], "lifetime": "PT1H", "group": "x", "remind_every": "PT1H"}""", closed: """{"to": ["open-"], "terminal": true, "resolutions": ["fixed"], "resolution_required": true}""", shard: "hot-0");
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.Admin.CreateAsync(queue)));
        await Task.WhenAll(ids.Select(async id =>
        {
            for (var i = 0; i < 3; i++)
            {
                await app.Admin.CloseAsync(queue, id);
                (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "open"}, "unset": ["resolution"]}""")).Ok();
            }
        }));

        // Those told of their end have all come to it by the time that nothing is left to be read.
        var shard = app.Stack.Shards["hot-0"];
        var mine = $"instance_id in ({string.Join(", ", ids.Select(id => $"'ticket/{id}'"))})";
        await Eventually.IsAsync(async () => await CountAsync(shard, $"select count(*) from orchestration_ready where {mine} and (owner is not null or pending > 0)") == 0);
        Assert.Equal(20, await CountAsync(shard, $"select count(*) from orchestration_ready where {mine}"));
    }

    [Fact]
    public async Task Operators_list_look_into_and_end_orchestrations()
    {
        var queue = await QueueAsync("""{"to": ["closed"], "remind_every": "PT0.2S", "lifetime": "PT1H", "group": "x"}""", shard: "hot-0");
        var id = await app.Admin.CreateAsync(queue);
        await WaitingAsync(id, status => status.Text("status") == "running");
        // No sweep is to repair what is ended here.
        await ExecuteAsync(app.Stack.Shards["hot-0"], $"update tickets set updated_at = updated_at + interval '1 day' where ticket_id = {id}");

        var listed = (await app.Admin.GetAsync($"/orchestrations?hub=hot-0&name=ticket-lifecycle&prefix=ticket/{id}&limit=1")).Ok().GetProperty("orchestrations");
        Assert.Equal($"ticket/{id}", Assert.Single(listed.EnumerateArray()).Text("instance_id"));
        var one = (await app.Admin.GetAsync($"/orchestrations?hub=hot-0&instance_id=ticket/{id}")).Ok();
        Assert.Contains("look-at-ticket", one.GetProperty("history").GetRawText(), StringComparison.Ordinal);
        Assert.True((await app.Admin.PostAsync($"/orchestrations/terminate?hub=hot-0&instance_id=ticket/{id}", null)).Ok().GetProperty("done").GetBoolean());
        Assert.Equal("terminated", (await app.Admin.GetAsync($"/orchestrations?hub=hot-0&instance_id=ticket/{id}")).Ok().Text("status"));
        (await app.Admin.PostAsync($"/orchestrations/rewind?hub=hot-0&instance_id=ticket/{id}", null)).Problem(409, "orchestration_state");
        (await app.Admin.GetAsync("/orchestrations?hub=nowhere")).Problem(404, "not_found");
        (await app.Admin.GetAsync("/orchestrations?status=odd")).Problem(400, "invalid_parameter");
        (await app.Admin.GetAsync("/orchestrations?cursor=odd")).Problem(400, "invalid_cursor");
        await Eventually.IsAsync(async () => (await app.Admin.GetAsync("/orchestrations/health")).Ok().GetProperty("workers").EnumerateArray().Any(worker => worker.Text("status") == "ok"));
        Assert.Equal(3, (await app.Admin.GetAsync("/orchestrations/health")).Ok().GetProperty("hubs").GetArrayLength());
    }

    [Fact]
    public async Task Notifications_are_paged_by_a_cursor_that_belongs_to_its_recipient_and_shown_to_those_who_reach_the_queue()
    {
        var group = Name("many");
        var queue = await QueueAsync($$"""{"to": ["closed"], "remind_every": "PT1H", "group": "{{group}}"}""");
        for (var i = 0; i < 5; i++)
            await app.Admin.CreateAsync(queue);
        await Eventually.IsAsync(async () => (await KindsAsync(group)).Count == 5);

        var seen = new List<string>();
        string? cursor = null;
        for (var page = 0; page < 3; page++)
        {
            var answer = (await app.Admin.GetAsync($"/notifications?recipient={group}&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Ok();
            seen.AddRange(answer.GetProperty("notifications").EnumerateArray().Select(one => one.Text("ticket_id")!));
            cursor = answer.Text("next_cursor");
        }

        Assert.Equal(5, seen.Distinct().Count());
        (await app.Admin.GetAsync($"/notifications?recipient=other&cursor={cursor}")).Problem(400, "invalid_cursor");
        (await app.Admin.GetAsync("/notifications")).Problem(400, "invalid_parameter");
        var stranger = await app.AsAsync(Role.Reader, "elsewhere");
        Assert.Empty((await stranger.GetAsync($"/notifications?recipient={group}")).Ok().GetProperty("notifications").EnumerateArray());
    }

    [Fact]
    public async Task Steps_that_cannot_work_are_refused_with_every_fault()
    {
        var workflow = Name("wf");
        var body = Workflow(workflow, """{"to": ["closed"], "steps": [{"webhook": "ftp://x"}, {"wait": "soon"}, {"create": {}}, {}, {"send_on": false}]}""");
        var problem = (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", body, ("If-None-Match", "*"))).Problem(400, "invalid_workflow");
        Assert.Equal(
            ["/statuses/open/steps/0/webhook", "/statuses/open/steps/1/wait", "/statuses/open/steps/2/create/queue", "/statuses/open/steps/3", "/statuses/open/steps/4/send_on"],
            problem.GetProperty("errors").EnumerateArray().Select(error => error.Text("pointer")));
    }

    private static string Name(string stem) => $"{stem}-{Interlocked.Increment(ref _names)}";

    private static string Workflow(string id, string open, string? closed = null) =>
        $$"""
        {"workflow_id": "{{id}}", "initial": "open",
         "statuses": {"open": {{open}}, "open2": {"to": ["closed"]}, "closed": {{closed ?? """{"terminal": true, "resolutions": ["fixed"], "resolution_required": false}"""}} } }
        """;

    private async Task<string> QueueAsync(string open, string? closed = null, string? workflow = null, string? shard = null)
    {
        workflow ??= Name("wf");
        (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", Workflow(workflow, open, closed), ("If-None-Match", "*"))).Ok();
        return await app.NewQueueAsync(shard: shard, workflow: workflow, below: "life");
    }

    private async Task<string> RevisionAsync(string workflow) =>
        (await app.Admin.GetAsync($"/workflows?workflow_id={workflow}")).Headers["ETag"];

    private async Task<List<string>> KindsAsync(string recipient) =>
        [.. (await app.Admin.GetAsync($"/notifications?recipient={recipient}&limit=1000")).Ok().GetProperty("notifications").EnumerateArray().Select(one => one.Text("kind")!)];

    private async Task<List<JsonElement>> FindAsync(string queue) =>
        [.. (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"} }""")).Ok().GetProperty("tickets").EnumerateArray()];

    private async Task<int> RepairedAsync(string queue) => (await app.Admin.PostAsync($"/lifecycles/sweep?queue={queue}", null)).Ok().GetProperty("repaired").GetInt32();

    private async Task<string> HubOfAsync(string id)
    {
        foreach (var shard in app.Stack.Shards)
        {
            if (await CountAsync(shard.Value, $"select count(*) from tickets where ticket_id = {id}") > 0)
                return shard.Key;
        }

        return "none";
    }

    private async Task WaitingAsync(string id, Func<JsonElement, bool> holds)
    {
        var hub = await HubOfAsync(id);
        await Eventually.IsAsync(async () => await app.Admin.GetAsync($"/orchestrations?hub={hub}&instance_id=ticket/{id}") is { Status: 200 } answer && holds(answer.Json));
    }

    private async Task<byte[]> SecretAsync(string purpose)
    {
        await using var settings = NpgsqlDataSource.Create(app.Stack.SettingsDatabase);
        await using var command = settings.CreateCommand($"select secret from signing_secrets where purpose = '{purpose}'");
        return (byte[])(await command.ExecuteScalarAsync())!;
    }

    /// <summary>How many messages there are for a recipient, shown or not.</summary>
    private async Task<long> SentAsync(string recipient)
    {
        var sent = 0L;
        foreach (var shard in app.Stack.Shards.Values)
            sent += await CountAsync(shard, $"select count(*) from notifications where recipient = '{recipient}'");
        return sent;
    }

    private static async Task<long> CountAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private sealed record Call(string Delivery, string Attempt, string Signature, string Body);

    /// <summary>A bot that refuses the first call of each delivery.</summary>
    private sealed class Bot : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly List<Call> _calls = [];
        private Task _serving = Task.CompletedTask;

        public string Address { get; private set; } = "";

        public static Bot Start()
        {
            var bot = new Bot();
            for (var port = 41_000; ; port++)
            {
                try
                {
                    bot._listener.Prefixes.Clear();
                    bot._listener.Prefixes.Add(bot.Address = $"http://127.0.0.1:{port}/hook/");
                    bot._listener.Start();
                    break;
                }
                catch (HttpListenerException) when (port < 41_100)
                {
                    // Taken by somebody else.
                }
            }

            bot._serving = Task.Run(bot.ServeAsync);
            return bot;
        }

        public static string Sign(byte[] secret, Call call)
        {
            var at = call.Signature.Split(',')[0][2..];
            return $"t={at},v1={Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{at}.{call.Body}")))}";
        }

        public async Task<List<Call>> UntilAsync(int count)
        {
            await Eventually.IsAsync(() =>
            {
                lock (_calls)
                    return Task.FromResult(_calls.Count >= count);
            });
            lock (_calls)
                return [.. _calls];
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _serving;
        }

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception fault) when (fault is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                using var body = new StreamReader(context.Request.InputStream);
                var headers = context.Request.Headers;
                var call = new Call(headers["tickets-delivery"]!, headers["tickets-attempt"]!, headers["tickets-signature"]!, await body.ReadToEndAsync());
                lock (_calls)
                    _calls.Add(call);
                context.Response.StatusCode = call.Attempt == "1" ? 503 : 204;
                context.Response.Close();
            }
        }
    }
}
