namespace Tickets.Acceptance.Lifecycle;

/// <summary>What was lost is found and mended; of one queue only, since other tests break things on purpose.</summary>
public class SweepTests(RunningApp app)
{
    private const string Timed = """{"to": ["closed", "open2"], "lifetime": "PT2H", "on_timeout": "open2"}""";

    private readonly LifecycleScene _scene = new(app);

    [Fact]
    public async Task In_normal_running_the_sweep_finds_nothing_whatever_tickets_wait_for()
    {
        var group = LifecycleScene.Name("normal");
        var others = await _scene.QueueAsync("""{"to": ["closed"]}""");
        var other = await app.Admin.CreateAsync(others);
        var queues = await Task.WhenAll(
            _scene.QueueAsync(Timed),
            _scene.QueueAsync($$"""{"to": ["closed"], "remind_every": "PT0.5S", "group": "{{group}}"}"""),
            _scene.QueueAsync($$"""{"to": ["closed"], "lifetime": "PT0.2S", "error_queue": "{{others}}", "group": "{{group}}"}"""),
            _scene.QueueAsync($$"""{"to": ["closed", "open2"], "steps": [{"until_closed": "{{other}}"}, {"send_on": true}]}"""),
            _scene.QueueAsync("""{"to": ["closed"], "steps": [{"wait": "PT0.1S"}]}"""),
            _scene.QueueAsync("""{"to": ["closed"], "lifetime": "PT5H", "steps": [{"wait": "PT9H"}]}"""));
        var ids = await Task.WhenAll(queues.SelectMany(queue => new[] { queue, queue }).Select(queue => app.Admin.CreateAsync(queue)));
        await _scene.AcceptAsync(queues[1], ids[2]);
        await Eventually.IsAsync(async () => await _scene.LifeAsync(ids[4]) is { TimedOut: true });
        await Eventually.IsAsync(async () => await _scene.LifeAsync(ids[8]) is { StepsDone: true });
        foreach (var id in ids)
            await _scene.AgeAsync(id);

        foreach (var queue in queues)
            Assert.Equal(0, await _scene.RepairedAsync(queue));
    }

    [Fact]
    public async Task A_ticket_whose_orchestration_is_gone_gets_another()
    {
        var (queue, ids, shard) = await WaitingAsync(1, Timed);
        var id = ids[0];

        await LifecycleScene.ExecuteAsync(shard, $"delete from orchestration_ready where instance_id = 'ticket/{id}'; delete from orchestrations where instance_id = 'ticket/{id}'; delete from orchestration_history where instance_id = 'ticket/{id}'");

        // It was three hours ago, as far as anybody can tell.
        await _scene.SweepUntilAsync(queue, async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2");
    }

    [Fact]
    public async Task A_ticket_that_nothing_would_wake_any_more_is_due_again_at_the_end_of_its_lifetime()
    {
        string[] losses =
        [
            "delete from orchestration_ready where instance_id = '{0}'",
            "update orchestration_ready set due_at = 'infinity' where instance_id = '{0}'",
            "update orchestration_ready set due_at = now() + interval '9 days' where instance_id = '{0}'",
            "update orchestration_ready set due_at = 'infinity', pending = 1 where instance_id = '{0}'",
            "update orchestrations set status = 3, completed_at = now() where instance_id = '{0}'; delete from orchestration_ready where instance_id = '{0}'",
        ];
        var (queue, ids, shard) = await WaitingAsync(losses.Length, Timed);

        foreach (var (id, loss) in ids.Zip(losses))
            await LoseAsync(shard, loss, id);

        foreach (var id in ids)
        {
            await _scene.SweepUntilAsync(queue, async () => await LifecycleScene.CountAsync(
                shard, $"select count(*) from orchestration_ready where instance_id = 'ticket/{id}' and pending = 0 and due_at between now() + interval '1 hour' and now() + interval '2 hours'") == 1);
            await _scene.QuietAsync(id);
        }

        Assert.Equal(0, await _scene.RepairedAsync(queue));
    }

    [Fact]
    public async Task A_ticket_whose_orchestration_never_heard_of_its_change_goes_on_from_its_new_status()
    {
        var (queue, ids, shard) = await WaitingAsync(1, """{"to": ["open2", "closed"], "lifetime": "PT2H"}""", """{"to": ["open3", "closed"], "steps": [{"send_on": true}]}""");

        var id = ids[0];
        // The row changes, and the message to the orchestration is lost.
        await LifecycleScene.ExecuteAsync(shard, $"update tickets set status = 'open2', version = version + 1 where ticket_id = {id}");

        await _scene.SweepUntilAsync(queue, async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open3");
    }

    [Fact]
    public async Task A_message_to_a_group_that_was_lost_is_written_again()
    {
        var group = LifecycleScene.Name("lost");
        var (queue, _, shard) = await WaitingAsync(1, $$"""{"to": ["closed"], "remind_every": "PT1H", "group": "{{group}}"}""");

        await LifecycleScene.ExecuteAsync(shard, $"delete from notifications where recipient = '{group}'");

        await _scene.SweepUntilAsync(queue, async () => (await _scene.KindsAsync(group)).SequenceEqual(["acceptance_wanted"]));
        Assert.Equal(0, await _scene.RepairedAsync(queue));
    }

    [Fact]
    public async Task Whoever_is_begun_anew_makes_no_second_child()
    {
        string[] losses =
        [
            "delete from orchestration_ready where instance_id = '{0}'",
            "delete from orchestration_ready where instance_id = '{0}'; delete from orchestrations where instance_id = '{0}'",
            "delete from orchestration_ready where instance_id = '{0}'; update orchestrations set custom_status = null where instance_id = '{0}'",
        ];
        var children = await _scene.QueueAsync("""{"to": ["closed"]}""");
        var (queue, ids, shard) = await WaitingAsync(
            losses.Length, $$"""{"to": ["open2", "closed"], "steps": [{"create": {"queue": "{{children}}"} }, {"until_closed": "children"}, {"send_on": true}]}""");
        foreach (var id in ids)
            await Eventually.IsAsync(async () => await _scene.LifeAsync(id) is { StepsTaken: 1 });

        foreach (var (id, loss) in ids.Zip(losses))
            await LoseAsync(shard, loss, id);
        foreach (var id in ids)
        {
            await _scene.SweepUntilAsync(queue, async () => await _scene.LifeAsync(id) is { StepsTaken: 1 }
                && await LifecycleScene.CountAsync(shard, $"select count(*) from orchestration_ready where instance_id = 'ticket/{id}'") == 1);
        }

        var made = await _scene.FindAsync(children);
        Assert.Equal(ids.Order(StringComparer.Ordinal), made.Select(child => child.Text("parent_id")).Order(StringComparer.Ordinal));
        foreach (var child in made)
            await app.Admin.CloseAsync(children, child.Text("ticket_id")!);
        foreach (var id in ids)
            await _scene.SentOnAsync(queue, id);
        Assert.Equal(ids.Count, (await _scene.FindAsync(children)).Count);
    }

    [Fact]
    public async Task A_queue_that_is_not_there_cannot_be_swept() =>
        (await app.Admin.PostAsync("/lifecycles/sweep?queue=no/such", null)).Problem(404, "not_found");

    private static Task LoseAsync(string shard, string loss, string id) =>
        LifecycleScene.ExecuteAsync(shard, string.Format(System.Globalization.CultureInfo.InvariantCulture, loss, $"ticket/{id}"));

    /// <summary>Tickets that have been told of their new queue's settings, wait, and are old enough for the sweep to look at them.</summary>
    private async Task<(string Queue, IReadOnlyList<string> Ids, string Shard)> WaitingAsync(int count, string open, string? open2 = null)
    {
        var queue = await _scene.QueueAsync(open, open2: open2, shard: "hot-0");
        var ids = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => app.Admin.CreateAsync(queue)));
        await Eventually.IsAsync(async () => await _scene.ToldAsync(queue));
        foreach (var id in ids)
        {
            await _scene.QuietAsync(id);
            await _scene.AgeAsync(id);
        }

        return (queue, ids, app.Stack.Shards["hot-0"]);
    }
}
