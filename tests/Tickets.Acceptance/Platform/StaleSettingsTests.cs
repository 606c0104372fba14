namespace Tickets.Acceptance.Platform;

public class StaleSettingsTests(RunningApp app)
{
    [Fact]
    public async Task A_process_whose_settings_grow_too_old_says_so_serves_on_and_recovers_by_itself()
    {
        await using var side = await SideApp.StartAsync(app, true, ("Settings__MaxStaleness", "00:00:03"));
        var queue = await side.NewQueueAsync();
        await side.Admin.NonceAsync();

        await side.CloseAsync(side.Stack.SettingsDatabase);
        (await side.Admin.GetAsync("/ping")).Ok();
        await Eventually.IsAsync(async () => (await side.Admin.GetAsync("/ping")).Status == 500);

        (await side.Admin.GetAsync("/ping")).Problem(500, "stale_settings");
        var ready = await side.Admin.GetAsync("/health/ready");
        Assert.Equal(503, ready.Status);
        Assert.Equal(["settings", "settings_cache"], ready.Json.GetProperty("dependencies").EnumerateObject().Where(dependency => dependency.Value.Text("status") != "ok").Select(dependency => dependency.Name).Order(StringComparer.Ordinal));
        // The balancer takes it out; who asks all the same is served from the copy at hand, without the settings database.
        await side.Admin.NoncesAsync(1000);
        var id = await side.Admin.CreateAsync(queue);
        await side.Admin.CloseAsync(queue, id);
        (await side.Admin.PostAsync("/tickets", """{"queue": "not/known/here"}""")).Problem(503, "unavailable");
        (await side.Admin.PutAsync("/queues?queue=q", """{"queue": "q", "workflow_id": "incidents/v1"}""", ("If-None-Match", "*"))).Problem(503, "unavailable");

        await side.OpenAsync(side.Stack.SettingsDatabase);
        await Eventually.IsAsync(async () => (await side.Admin.GetAsync("/ping")).Status == 200);
        await Eventually.IsAsync(async () => (await side.Admin.GetAsync("/health/ready")).Status == 200);
        await side.NewQueueAsync();
    }
}
