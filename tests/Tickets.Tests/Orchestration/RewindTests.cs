using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.History;

namespace Tickets.Tests.Orchestration;

/// <summary>A failed orchestration that is rewound never waits for what cannot come.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class RewindTests(OrchestrationStack stack)
{
    private bool _isBroken = true;

    [Theory]
    [InlineData(8)]
    [InlineData(0)]
    public async Task Rewinding_does_again_what_failed_also_in_sub_orchestrations_and_nothing_else(int localActivities)
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var done = 0;
        var hub = scene.Hub(
            tasks => Fragile(tasks)
                .AddOrchestratorFunc<int, int>("parent", async (context, x) => await context.CallActivityAsync<int>("once", x) + await context.CallSubOrchestratorAsync<int>("child", x))
                .AddOrchestratorFunc<int, int>("child", async (context, x) =>
                {
                    var both = await Task.WhenAll(context.CallActivityAsync<int>("once", x), context.CallActivityAsync<int>("fragile", x));
                    return both.Sum();
                })
                .AddActivityFunc<int, int>("once", (_, x) => Task.FromResult(x + (1000 * Interlocked.Increment(ref done)))),
            HubScene.Quick with { LocalActivities = localActivities });
        var failed = await FailAsync(hub, "parent", 1);

        await MendAsync(hub, failed);

        // The first "once" gave 1001, the child's 2001; neither was done again.
        Assert.Equal(1001 + 2001 + 1, (await HubScene.EndAsync(hub, failed)).ReadOutputAs<int>());
        Assert.Equal(2, done);
        await Assert.ThrowsAsync<OrchestrationStateException>(() => hub.Client.RewindInstanceAsync(failed));
        await Assert.ThrowsAsync<OrchestrationStateException>(() => hub.Client.RewindInstanceAsync("nobody"));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(0)]
    public async Task A_step_that_did_other_things_when_it_failed_is_undone_with_the_children_that_it_began(int localActivities)
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(
            tasks => Fragile(tasks)
                .AddOrchestratorFunc<int, int>("telling", async (context, x) =>
                {
                    try
                    {
                        return await context.CallActivityAsync<int>("fragile", x);
                    }
                    catch (TaskFailedException)
                    {
                        context.SendEvent("watcher", "failed", x);
                        _ = context.CallSubOrchestratorAsync<string>("listen", null, new SubOrchestrationOptions(instanceId: "below"));
                        throw;
                    }
                })
                .AddOrchestratorFunc<object?, int>("watch", (context, _) => context.WaitForExternalEvent<int>("failed"))
                .AddOrchestratorFunc<object?, string>("listen", (context, _) => context.WaitForExternalEvent<string>("go")),
            HubScene.Quick with { LocalActivities = localActivities });
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("watch", options: new StartOrchestrationOptions("watcher"));
        var failed = await FailAsync(hub, "telling", 5);
        Assert.Equal(5, (await HubScene.EndAsync(hub, "watcher")).ReadOutputAs<int>());
        Assert.NotNull(await hub.Client.GetInstanceAsync("below"));

        await MendAsync(hub, failed);

        Assert.Equal(5, (await HubScene.EndAsync(hub, failed)).ReadOutputAs<int>());
        Assert.Null(await hub.Client.GetInstanceAsync("below"));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(0)]
    public async Task An_activity_that_was_still_open_when_the_orchestration_failed_is_done_after_all(int localActivities)
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var (open, runs) = (new TaskCompletionSource(), 0);
        var hub = scene.Hub(
            tasks => Fragile(tasks)
                .AddOrchestratorFunc<int, int>("hasty", async (context, x) =>
                {
                    var slow = context.CallActivityAsync<int>("slow", x);
                    return await context.CallActivityAsync<int>("fragile", x) + await slow;
                })
                .AddActivityFunc<int, int>("slow", async (context, x) =>
                {
                    Interlocked.Increment(ref runs);
                    await open.Task.WaitAsync(context.Cancellation);
                    return 10 * x;
                }),
            HubScene.Quick with { LocalActivities = localActivities });
        var failed = await FailAsync(hub, "hasty", 1);

        await MendAsync(hub, failed);
        open.SetResult();

        Assert.Equal(11, (await HubScene.EndAsync(hub, failed)).ReadOutputAs<int>());
        Assert.InRange(runs, 1, 2);
    }

    [Fact]
    public async Task A_child_that_has_ended_since_or_goes_on_or_is_gone_is_heard_of_all_the_same()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => Fragile(tasks)
            .AddOrchestratorFunc<int, string>("parent", async (context, x) =>
            {
                var children = new[] { "ended", "living", "terminated", "forgotten" }.Select(name => context.CallSubOrchestratorAsync<string>("listen", null, new SubOrchestrationOptions(instanceId: name))).ToList();
                await context.CallActivityAsync<int>("fragile", x);
                return string.Join(' ', await Task.WhenAll(children));
            })
            .AddOrchestratorFunc<object?, string>("listen", async (context, _) => context.InstanceId + await context.WaitForExternalEvent<string>("go")));
        var failed = await FailAsync(hub, "parent", 1);
        foreach (var id in new[] { "ended", "forgotten" })
        {
            Assert.True(await hub.Client.RaiseEventAsync(id, "go", "-before"));
            await HubScene.EndAsync(hub, id);
        }

        await hub.Client.TerminateInstanceAsync("terminated");
        Assert.Equal(1, await hub.Client.PurgeInstanceAsync("forgotten"));

        await MendAsync(hub, failed);
        foreach (var id in new[] { "living", "terminated", "forgotten" })
            Assert.True(await hub.Client.RaiseEventAsync(id, "go", "-after"));

        Assert.Equal("ended-before living-after terminated-after forgotten-after", (await HubScene.EndAsync(hub, failed)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_parent_can_be_rewound_after_its_child_was_rewound_alone()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => Fragile(tasks)
            .AddOrchestratorFunc<int, int>("parent", async (context, x) =>
                1000 + (await Task.WhenAll(new[] { "one", "two" }.Select(id => context.CallSubOrchestratorAsync<int>("child", x, new SubOrchestrationOptions(instanceId: id))))).Sum())
            .AddOrchestratorFunc<int, int>("child", async (context, x) => await context.CallActivityAsync<int>("fragile", x) + await context.WaitForExternalEvent<int>("n")));
        var failed = await FailAsync(hub, "parent", 1);

        // One child ends before its parent is rewound, the other goes on.
        await MendAsync(hub, "one");
        Assert.True(await hub.Client.RaiseEventAsync("one", "n", 10));
        Assert.Equal(11, (await HubScene.EndAsync(hub, "one")).ReadOutputAs<int>());
        await hub.Client.RewindInstanceAsync("two");
        await hub.Client.RewindInstanceAsync(failed);
        Assert.True(await hub.Client.RaiseEventAsync("two", "n", 20));

        Assert.Equal(1000 + 11 + 21, (await HubScene.EndAsync(hub, failed)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Events_that_came_before_the_failure_are_there_again()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => Fragile(tasks).AddOrchestratorFunc<object?, string>("listen", async (context, _) =>
        {
            var first = await context.WaitForExternalEvent<string>("first");
            await context.CallActivityAsync<int>("fragile", 1);
            return first + await context.WaitForExternalEvent<string>("second");
        }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("listen");
        foreach (var name in new[] { "first", "second" })
            await hub.Client.RaiseEventAsync(id, name, name);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await HubScene.EndAsync(hub, id)).RuntimeStatus);

        await MendAsync(hub, id);

        Assert.Equal("firstsecond", (await HubScene.EndAsync(hub, id)).ReadOutputAs<string>());
    }

    [Fact]
    public void What_stays_ends_before_the_last_step_and_those_in_which_the_code_only_listened()
    {
        static HistoryStep Step(HistoryEvent? into, params HistoryEvent[] done) => new(DateTime.UnixEpoch, into is null ? [] : [into], done);
        static HistoryEvent Of(HistoryEventKind kind, int id = 0, bool failed = false) => new() { Kind = kind, Id = id, Failure = failed ? new TaskFailureDetails("T", "m") : null };

        var history = RewoundHistory.Of(
        [
            Step(Of(HistoryEventKind.ExecutionStarted), Of(HistoryEventKind.TaskScheduled, 1), Of(HistoryEventKind.TaskScheduled, 2), Of(HistoryEventKind.TaskScheduled, 3)),
            Step(Of(HistoryEventKind.TaskCompleted, 1)),
            Step(Of(HistoryEventKind.TaskFailed, 2, failed: true), Of(HistoryEventKind.EventSent, 4), Of(HistoryEventKind.ExecutionFailed)),
        ]);

        Assert.Single(history.Kept);
        Assert.Equal([1], history.Again.Select(one => one.Id));
        Assert.Equal([2, 3], history.Open.Select(one => one.Id));
        Assert.Empty(RewoundHistory.Of([Step(Of(HistoryEventKind.ExecutionStarted), Of(HistoryEventKind.ExecutionFailed))]).Kept);
    }

    private DurableTaskRegistry Fragile(DurableTaskRegistry tasks) =>
        tasks.AddActivityFunc<int, int>("fragile", (_, x) => _isBroken ? throw new IOException("broken") : Task.FromResult(x));

    private static async Task<string> FailAsync(TaskHub hub, string name, int input)
    {
        var failed = await HubScene.RunAsync(hub, name, input);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, failed.RuntimeStatus);
        return failed.InstanceId;
    }

    private Task MendAsync(TaskHub hub, string id)
    {
        _isBroken = false;
        return hub.Client.RewindInstanceAsync(id);
    }
}
