namespace Tickets.Acceptance.Lifecycle;

/// <summary>What recipients read of their messages.</summary>
public class NotificationTests(RunningApp app)
{
    private readonly LifecycleScene _scene = new(app);

    [Fact]
    public async Task Notifications_are_paged_by_a_cursor_that_belongs_to_its_recipient_and_shown_to_those_who_reach_the_queue()
    {
        var group = LifecycleScene.Name("many");
        var queue = await _scene.QueueAsync($$"""{"to": ["closed"], "remind_every": "PT1H", "group": "{{group}}"}""");
        for (var i = 0; i < 5; i++)
            await app.Admin.CreateAsync(queue);
        await Eventually.IsAsync(async () => (await _scene.KindsAsync(group)).Count == 5);

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
}
