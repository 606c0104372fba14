namespace Tickets.Acceptance.Lifecycle;

/// <summary>Groups are asked to accept, and reminded until somebody does.</summary>
public class ReminderTests(RunningApp app)
{
    private readonly LifecycleScene _scene = new(app);

    [Fact]
    public async Task The_group_is_told_and_reminded_until_somebody_accepts()
    {
        var group = LifecycleScene.Name("night");
        var queue = await _scene.QueueAsync($$"""{"to": ["closed"], "remind_every": "PT0.3S", "lifetime": "PT1H", "group": "{{group}}"}""");
        var id = await app.Admin.CreateAsync(queue);

        await Eventually.IsAsync(async () => (await _scene.KindsAsync(group)).Count >= 3);
        (await app.Admin.PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "ada"}""")).Ok();
        await _scene.WaitingAsync(id, status => !status.TryGetProperty("due_at", out _));

        // What was written is shown when the transactions before it are over, of whichever test.
        var sent = await _scene.SentAsync(group);
        await Eventually.IsAsync(async () => (await _scene.KindsAsync(group)).Count == sent);
        var kinds = await _scene.KindsAsync(group);
        Assert.Equal("acceptance_wanted", kinds[0]);
        Assert.All(kinds.Skip(1), kind => Assert.Equal("reminder", kind));
        await Task.Delay(700);
        Assert.Equal(sent, await _scene.SentAsync(group));
    }

    [Fact]
    public async Task Reminders_go_out_while_steps_run_and_stop_with_the_acceptance_and_the_steps_go_on()
    {
        var group = LifecycleScene.Name("night");
        var others = await _scene.QueueAsync("""{"to": ["closed"]}""");
        var other = await app.Admin.CreateAsync(others);
        var queue = await _scene.QueueAsync($$"""{"to": ["open2", "closed"], "remind_every": "PT0.3S", "lifetime": "PT1H", "group": "{{group}}", "steps": [{"until_closed": "{{other}}"}, {"send_on": true}]}""");
        var id = await app.Admin.CreateAsync(queue);

        await Eventually.IsAsync(async () => (await _scene.KindsAsync(group)).Count(kind => kind == "reminder") >= 2);
        await _scene.AcceptAsync(queue, id);
        // Nothing but the look at the other ticket is to come.
        await Eventually.IsAsync(async () => await _scene.LifeAsync(id) is { } life && life.StepTries >= 2);
        var sent = await _scene.SentAsync(group);
        var looks = 0;
        await Eventually.IsAsync(async () => await _scene.LifeAsync(id) is { } life && (looks = life.StepTries) > 0);
        await Eventually.IsAsync(async () => await _scene.LifeAsync(id) is { } life && life.StepTries > looks);
        Assert.Equal(sent, await _scene.SentAsync(group));

        await app.Admin.CloseAsync(others, other);
        await _scene.SentOnAsync(queue, id);
    }

    [Fact]
    public async Task A_longer_interval_set_later_counts_from_the_last_reminder()
    {
        var (group, workflow) = (LifecycleScene.Name("night"), LifecycleScene.Name("wf"));
        var queue = await _scene.QueueAsync($$"""{"to": ["closed"], "remind_every": "PT0.2S", "group": "{{group}}"}""", workflow: workflow);
        var id = await app.Admin.CreateAsync(queue);
        await Eventually.IsAsync(async () => (await _scene.KindsAsync(group)).Count >= 6);

        await _scene.ChangeAsync(workflow, $$"""{"to": ["closed"], "remind_every": "PT1H", "group": "{{group}}"}""");

        // Within the hour after the last one, however many there have been.
        await _scene.WaitingAsync(id, shown => shown.TryGetProperty("due_at", out var due) && due.GetDateTimeOffset() - DateTimeOffset.UtcNow is var left && left > TimeSpan.FromMinutes(30) && left < TimeSpan.FromMinutes(61));
    }
}
