using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.History;

namespace Tickets.Tests.Orchestration;

/// <summary>What an operator can ask of orchestrations, and do with them.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class ClientTests(OrchestrationStack stack)
{
    [Fact]
    public async Task Orchestrations_are_listed_by_name_status_time_tag_parent_and_id_prefix_page_by_page()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, string>("Listen", (context, _) => context.WaitForExternalEvent<string>("go"))
            .AddOrchestratorFunc<object?, object?>("fail", (_, _) => throw new InvalidOperationException("no"))
            .AddOrchestratorFunc<object?, object?>("parent", (context, _) => context.CallSubOrchestratorAsync<object?>("listen", null, new SubOrchestrationOptions(instanceId: "z/child"))));
        var client = hub.Client;
        for (var i = 0; i < 5; i++)
            await client.ScheduleNewOrchestrationInstanceAsync("listen", i, new StartOrchestrationOptions($"a/{i}") { Tags = new Dictionary<string, string> { ["kind"] = i < 2 ? "odd" : "even", ["all"] = "yes" } });
        await Task.Delay(5);
        var later = DateTimeOffset.UtcNow;
        await Task.Delay(5);
        await client.ScheduleNewOrchestrationInstanceAsync("fail", options: new StartOrchestrationOptions("b/failed"));
        await client.ScheduleNewOrchestrationInstanceAsync("parent", options: new StartOrchestrationOptions("b/parent"));
        await HubScene.EndAsync(hub, "b/failed");
        await HubScene.UntilAsync(hub, "z/child", found => found.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        for (var i = 0; i < 5; i++)
            await HubScene.UntilAsync(hub, $"a/{i}", found => found.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await client.SuspendInstanceAsync("a/0");
        await client.TerminateInstanceAsync("a/1");
        await client.ScheduleNewOrchestrationInstanceAsync("nobody knows", options: new StartOrchestrationOptions("b/waits"));

        Assert.Equal(["a/0", "a/1", "a/2", "a/3", "a/4", "z/child"], await IdsAsync(new OrchestrationQuery { Name = "LISTEN" }));
        Assert.Equal(["b/failed"], await IdsAsync(new OrchestrationQuery { Statuses = [OrchestrationRuntimeStatus.Failed] }));
        Assert.Equal(["a/0", "a/1"], await IdsAsync(new OrchestrationQuery { Statuses = [OrchestrationRuntimeStatus.Suspended, OrchestrationRuntimeStatus.Terminated] }));
        Assert.Equal(["b/waits"], await IdsAsync(new OrchestrationQuery { Statuses = [OrchestrationRuntimeStatus.Pending] }));
        Assert.Equal(["b/failed", "b/parent", "b/waits", "z/child"], await IdsAsync(new OrchestrationQuery { CreatedFrom = later }));
        Assert.Equal(["a/0", "a/1", "a/2", "a/3", "a/4"], await IdsAsync(new OrchestrationQuery { CreatedTo = later }));
        Assert.Equal(["a/1"], await IdsAsync(new OrchestrationQuery { InstanceIdPrefix = "a/", CompletedTo = DateTimeOffset.UtcNow.AddMinutes(1) }));
        Assert.Equal(["b/failed", "b/parent", "b/waits"], await IdsAsync(new OrchestrationQuery { InstanceIdPrefix = "b/" }));
        Assert.Equal(["z/child"], await IdsAsync(new OrchestrationQuery { ParentInstanceId = "b/parent" }));
        Assert.Equal(["a/0", "a/1"], await IdsAsync(new OrchestrationQuery { Tags = new Dictionary<string, string> { ["kind"] = "odd", ["all"] = "yes" } }));
        Assert.Empty(await IdsAsync(new OrchestrationQuery { Tags = new Dictionary<string, string> { ["kind"] = "odd", ["all"] = "no" } }));
        await Assert.ThrowsAsync<ArgumentException>(() => client.ListInstancesAsync(new OrchestrationQuery { ContinuationToken = "odd" }));

        async Task<List<string>> IdsAsync(OrchestrationQuery query)
        {
            // Pages of two are the same as one page of all, newest first.
            var all = (await client.ListInstancesAsync(query)).Values;
            Assert.Equal(all.Select(one => one.CreatedAt).OrderDescending(), all.Select(one => one.CreatedAt));
            var paged = new List<string>();
            await foreach (var one in client.GetAllInstancesAsync(query with { PageSize = 2 }))
                paged.Add(one.InstanceId);
            Assert.Equal(all.Select(one => one.InstanceId), paged);
            return [.. paged.Order(StringComparer.Ordinal)];
        }
    }

    [Fact]
    public async Task Purging_forgets_what_has_ended_with_the_children_that_have_and_never_what_still_lives()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, int>("parent", async (context, _) =>
            {
                _ = context.CallSubOrchestratorAsync<string>("listen", null, new SubOrchestrationOptions(instanceId: context.InstanceId + "-living"));
                return await context.CallSubOrchestratorAsync<int>("child", null, new SubOrchestrationOptions(instanceId: context.InstanceId + "-child"));
            })
            .AddOrchestratorFunc<object?, int>("child", (context, _) => context.CallSubOrchestratorAsync<int>("grandchild", null, new SubOrchestrationOptions(instanceId: context.InstanceId + "-child")))
            .AddOrchestratorFunc<object?, int>("grandchild", (_, _) => Task.FromResult(1))
            .AddOrchestratorFunc<object?, string>("listen", (context, _) => context.WaitForExternalEvent<string>("go")));
        var client = hub.Client;
        await HubScene.RunAsync(hub, "parent", options: new StartOrchestrationOptions("one"));
        await HubScene.RunAsync(hub, "parent", options: new StartOrchestrationOptions("two"));

        Assert.Equal(0, await client.PurgeInstanceAsync("one-living", recursive: true));
        Assert.Equal(1, await client.PurgeInstanceAsync("one"));
        Assert.Equal(0, await client.PurgeInstanceAsync("one", recursive: true));
        Assert.Equal(3, await client.PurgeInstanceAsync("two", recursive: true));
        Assert.Equal(["one-child", "one-child-child", "one-living", "two-living"], await LeftAsync());

        Assert.Equal(0, await client.PurgeAllInstancesAsync(new PurgeInstancesFilter { CompletedTo = DateTimeOffset.UtcNow.AddHours(-1) }));
        Assert.Equal(0, await client.PurgeAllInstancesAsync(new PurgeInstancesFilter(Statuses: [OrchestrationRuntimeStatus.Failed])));
        Assert.Equal(1, await client.PurgeAllInstancesAsync(new PurgeInstancesFilter { Name = "GrandChild" }));
        Assert.Equal(1, await client.PurgeAllInstancesAsync(new PurgeInstancesFilter()));
        Assert.Equal(["one-living", "two-living"], await LeftAsync());
        Assert.Equal(2, await scene.ScalarAsync<long>("select count(distinct instance_id) from orchestration_history"));

        // What lives is none the worse for it.
        await client.RaiseEventAsync("two-living", "go", "on");
        Assert.Equal("on", (await HubScene.EndAsync(hub, "two-living")).ReadOutputAs<string>());

        async Task<List<string>> LeftAsync()
        {
            // Its first step is what is to be counted below.
            foreach (var living in new[] { "one-living", "two-living" })
                await HubScene.UntilAsync(hub, living, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Running);
            return [.. (await client.ListInstancesAsync(new OrchestrationQuery())).Values.Select(one => one.InstanceId).Order(StringComparer.Ordinal)];
        }
    }

    [Fact]
    public async Task Restarting_begins_again_with_the_same_input_under_the_old_id_or_a_new_one()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var runs = 0;
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<string, string>("echo", async (context, x) => x + await context.CallActivityAsync<int>("count"))
            .AddOrchestratorFunc<object?, string>("listen", (context, _) => context.WaitForExternalEvent<string>("go"))
            .AddActivityFunc<object?, int>("count", (_, _) => Task.FromResult(Interlocked.Increment(ref runs))));
        var id = (await HubScene.RunAsync(hub, "echo", "x", new StartOrchestrationOptions("echo") { Tags = new Dictionary<string, string> { ["t"] = "1" } })).InstanceId;

        Assert.Equal(id, await hub.Client.RestartAsync(id));
        Assert.Equal("x2", (await HubScene.EndAsync(hub, id)).ReadOutputAs<string>());
        var other = await hub.Client.RestartAsync(id, restartWithNewInstanceId: true);
        Assert.NotEqual(id, other);
        Assert.Equal("x3", (await HubScene.EndAsync(hub, other)).ReadOutputAs<string>());
        Assert.Equal("1", (await hub.Client.GetInstanceAsync(other))!.Tags["t"]);

        var living = await hub.Client.ScheduleNewOrchestrationInstanceAsync("listen");
        await Assert.ThrowsAsync<OrchestrationStateException>(() => hub.Client.RestartAsync(living));
        await Assert.ThrowsAsync<OrchestrationStateException>(() => hub.Client.RestartAsync("nobody"));
    }

    [Fact]
    public async Task The_start_and_the_history_of_an_orchestration_can_be_asked_for()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(
            tasks => tasks
                .AddOrchestratorFunc<int, int>("two", async (context, x) => await context.CallActivityAsync<int>("plus", x) + await context.WaitForExternalEvent<int>("n"))
                .AddActivityFunc<int, int>("plus", (_, x) => Task.FromResult(x + 1)),
            start: false);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("two", 1);
        var started = hub.Client.WaitForInstanceStartAsync(id, HubScene.Soon);
        await Task.Delay(100);
        Assert.False(started.IsCompleted);

        hub.Start();
        Assert.Equal("1", (await started).SerializedInput);
        await hub.Client.RaiseEventAsync(id, "n", 40);
        Assert.Equal(42, (await HubScene.EndAsync(hub, id)).ReadOutputAs<int>());

        var kinds = (await hub.Client.GetOrchestrationHistoryAsync(id)).SelectMany(step => step.In.Concat(step.Out)).Select(one => one.Kind).ToList();
        Assert.Equal(HistoryEventKind.ExecutionStarted, kinds[0]);
        Assert.Equal(HistoryEventKind.ExecutionCompleted, kinds[^1]);
        Assert.Equal(
            [HistoryEventKind.TaskScheduled, HistoryEventKind.TaskCompleted, HistoryEventKind.EventRaised],
            kinds.Where(kind => kind is HistoryEventKind.TaskScheduled or HistoryEventKind.TaskCompleted or HistoryEventKind.EventRaised).OrderBy(kind => kind == HistoryEventKind.EventRaised ? 1 : 0));
    }
}
