using Tickets.Core.Orchestration;

namespace Tickets.Tests.Orchestration;

/// <summary>Processes that do not know, or know otherwise, what they are given.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class UnknownCodeTests(OrchestrationStack stack)
{
    [Fact]
    public async Task An_orchestrator_that_no_process_knows_waits_without_being_taken_up()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var ignorant = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, int>("known", (_, _) => Task.FromResult(1)));
        var id = await ignorant.Client.ScheduleNewOrchestrationInstanceAsync("unknown");
        await HubScene.RunAsync(ignorant, "known");

        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await ignorant.Client.GetInstanceAsync(id))!.RuntimeStatus);
        Assert.Equal(0, await scene.ScalarAsync<long>("select token + attempts from orchestration_ready"));

        var knowing = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, int>("unknown", (_, _) => Task.FromResult(2)));
        Assert.Equal(2, (await HubScene.EndAsync(knowing, id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task An_activity_that_only_another_process_knows_is_run_there()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<int, int>("ask", (context, x) => context.CallActivityAsync<int>("elsewhere", x)));
        scene.Hub(tasks => tasks.AddActivityFunc<int, int>("elsewhere", (_, x) => Task.FromResult(-x)));

        Assert.Equal(-3, (await HubScene.RunAsync(hub, "ask", 3)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Changed_code_is_noticed_and_the_instance_kept_until_the_fix()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        DurableTaskRegistry Code(DurableTaskRegistry tasks, string activity) => tasks
            .AddOrchestratorFunc<object?, string>("changing", async (context, _) => await context.CallActivityAsync<string>(activity) + await context.WaitForExternalEvent<string>("go"))
            .AddActivityFunc<object?, string>(activity, (_, _) => Task.FromResult(activity));

        var before = scene.Hub(tasks => Code(tasks, "old"));
        var id = await before.Client.ScheduleNewOrchestrationInstanceAsync("changing");
        await HubScene.UntilAsync(before, id, found => found is { RuntimeStatus: OrchestrationRuntimeStatus.Running, Worker: null });
        await before.DisposeAsync();

        var changed = scene.Hub(tasks => Code(tasks, "new"));
        await changed.Client.RaiseEventAsync(id, "go", "!");
        var parked = await HubScene.UntilAsync(changed, id, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Parked);
        Assert.Contains("history_mismatch", parked.Reason, StringComparison.Ordinal);
        Assert.Contains("'old'", parked.Reason, StringComparison.Ordinal);
        await changed.DisposeAsync();

        var mended = scene.Hub(tasks => Code(tasks, "old"));
        Assert.True(await mended.Client.ResumeInstanceAsync(id));
        Assert.Equal("old!", (await HubScene.EndAsync(mended, id)).ReadOutputAs<string>());
    }
}
