using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;

namespace Tickets.Tests.Orchestration;

/// <summary>Orchestrations are terminated and suspended from outside.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class ControlTests(OrchestrationStack stack)
{
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Terminating_works_in_every_state_and_tells_running_activities()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var told = new TaskCompletionSource();
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, string>("listen", (context, _) => context.WaitForExternalEvent<string>("go"))
            .AddOrchestratorFunc<object?, object?>("busy", (context, _) => context.CallActivityAsync<object?>("long"))
            .AddOrchestratorFunc<object?, object?>("parent", (context, _) => context.CallSubOrchestratorAsync<object?>("listen", null, new SubOrchestrationOptions(instanceId: "below")))
            .AddActivityFunc<object?, object?>("long", async (context, _) =>
            {
                await using var registered = context.Cancellation.Register(() => told.TrySetResult());
                await Task.Delay(Never, context.Cancellation);
                return null;
            }));
        var client = hub.Client;

        var pending = await client.ScheduleNewOrchestrationInstanceAsync("nobody knows");
        var scheduled = await client.ScheduleNewOrchestrationInstanceAsync("listen", options: new StartOrchestrationOptions(StartAt: DateTimeOffset.UtcNow.AddDays(1)));
        var waiting = await client.ScheduleNewOrchestrationInstanceAsync("listen");
        var suspended = await client.ScheduleNewOrchestrationInstanceAsync("listen");
        var busy = await client.ScheduleNewOrchestrationInstanceAsync("busy");
        await client.SuspendInstanceAsync(suspended, "for now");
        await HubScene.UntilAsync(hub, busy, found => found is { RuntimeStatus: OrchestrationRuntimeStatus.Running });
        foreach (var id in new[] { pending, scheduled, waiting, suspended, busy })
        {
            Assert.True(await client.TerminateInstanceAsync(id, "enough"));
            var ended = await HubScene.EndAsync(hub, id);
            Assert.Equal((OrchestrationRuntimeStatus.Terminated, "enough"), (ended.RuntimeStatus, ended.ReadOutputAs<string>()));
            Assert.False(await client.TerminateInstanceAsync(id));
        }

        await told.Task.WaitAsync(HubScene.Soon);

        var parent = await client.ScheduleNewOrchestrationInstanceAsync("parent");
        await HubScene.UntilAsync(hub, "below", _ => true);
        await client.TerminateInstanceAsync(parent, recursive: true);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await client.GetInstanceAsync("below"))!.RuntimeStatus);
        Assert.Equal(0, await scene.ScalarAsync<long>("select (select count(*) from orchestration_ready) + (select count(*) from orchestration_inbox) + (select count(*) from orchestration_activities)"));
    }

    [Fact]
    public async Task A_parent_hears_that_its_sub_orchestration_was_terminated()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, object?>("parent", (context, _) => context.CallSubOrchestratorAsync<object?>("listen", null, new SubOrchestrationOptions(instanceId: "child")))
            .AddOrchestratorFunc<object?, string>("listen", (context, _) => context.WaitForExternalEvent<string>("go")));
        var parent = await hub.Client.ScheduleNewOrchestrationInstanceAsync("parent");
        await HubScene.UntilAsync(hub, "child", _ => true);

        await hub.Client.TerminateInstanceAsync("child");

        Assert.Equal("Terminated", (await HubScene.EndAsync(hub, parent)).FailureDetails!.InnerFailure!.ErrorType);
    }

    [Fact]
    public async Task A_suspended_orchestration_keeps_what_comes_in_until_it_is_resumed()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, string>("listen", (context, _) => context.WaitForExternalEvent<string>("go")));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("listen");
        await HubScene.UntilAsync(hub, id, found => found is { RuntimeStatus: OrchestrationRuntimeStatus.Running, Worker: null });
        Assert.True(await hub.Client.SuspendInstanceAsync(id, "maintenance"));
        await hub.Client.RaiseEventAsync(id, "go", "kept");
        await HubScene.RunAsync(scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, int>("other", (_, _) => Task.FromResult(1))), "other");

        var found = await hub.Client.GetInstanceAsync(id);
        Assert.Equal((OrchestrationRuntimeStatus.Suspended, "maintenance"), (found!.RuntimeStatus, found.Reason));
        Assert.True(await hub.Client.ResumeInstanceAsync(id));
        Assert.Equal("kept", (await HubScene.EndAsync(hub, id)).ReadOutputAs<string>());
    }
}
