using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.Working;

namespace Tickets.Tests.Orchestration;

/// <summary>What hangs leaves the others their turn and their places.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class SlotTests(OrchestrationStack stack)
{
    private static readonly TaskHubOptions Narrow = HubScene.Quick with { MaxConcurrentOrchestrations = 4, MaxConcurrentActivities = 6, LocalPatience = TimeSpan.FromMilliseconds(100) };

    [Theory]
    [InlineData(8)]
    [InlineData(0)]
    public async Task Activities_that_hang_hold_up_no_other_orchestration_and_no_other_activity(int localActivities)
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var (open, runs) = (new TaskCompletionSource(), 0);
        var hub = scene.Hub(
            tasks => tasks
                .AddOrchestratorFunc<int, int>("stuck", (context, x) => context.CallActivityAsync<int>("hang", x))
                .AddOrchestratorFunc<int, int>("quick", async (context, x) => await context.CallActivityAsync<int>("plus", await context.CallActivityAsync<int>("plus", x)))
                .AddActivityFunc<int, int>("hang", async (context, x) =>
                {
                    Interlocked.Increment(ref runs);
                    await open.Task.WaitAsync(context.Cancellation);
                    return x;
                })
                .AddActivityFunc<int, int>("plus", (_, x) => Task.FromResult(x + 1)),
            Narrow with { LocalActivities = localActivities });
        var stuck = await Task.WhenAll(Enumerable.Range(0, 60).Select(x => hub.Client.ScheduleNewOrchestrationInstanceAsync("stuck", x)));
        await HubScene.UntilAsync(() => Volatile.Read(ref runs) == 3);

        for (var i = 0; i < 5; i++)
            Assert.Equal(i + 2, (await HubScene.RunAsync(hub, "quick", i)).ReadOutputAs<int>());
        Assert.Equal(3, runs);

        open.SetResult();
        for (var i = 0; i < stuck.Length; i++)
            Assert.Equal(i, (await HubScene.EndAsync(hub, stuck[i])).ReadOutputAs<int>());
        Assert.Equal(60, runs);
        Assert.Equal(0, await scene.ScalarAsync<long>("select (select count(*) from orchestration_ready) + (select count(*) from orchestration_inbox) + (select count(*) from orchestration_activities)"));
    }

    [Fact]
    public async Task An_activity_that_takes_long_goes_on_while_its_orchestration_is_given_back_and_takes_in_what_comes()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var (open, runs) = (new TaskCompletionSource(), 0);
        var hub = scene.Hub(
            tasks => tasks
                .AddOrchestratorFunc<object?, string>("both", async (context, _) =>
                {
                    var slow = context.CallActivityAsync<string>("slow");
                    context.SetCustomStatus(await context.WaitForExternalEvent<string>("news"));
                    return await slow + await context.CallActivityAsync<string>("after");
                })
                .AddActivityFunc<object?, string>("slow", async (context, _) =>
                {
                    Interlocked.Increment(ref runs);
                    await open.Task.WaitAsync(context.Cancellation);
                    return "slow";
                })
                .AddActivityFunc<object?, string>("after", (_, _) => Task.FromResult(" after")),
            Narrow with { Lease = TimeSpan.FromSeconds(2) });
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("both");

        await HubScene.UntilAsync(hub, id, found => found is { RuntimeStatus: OrchestrationRuntimeStatus.Running, Worker: null });
        Assert.Equal(hub.Worker, await scene.ScalarAsync<string>("select owner from orchestration_activities"));
        await hub.Client.RaiseEventAsync(id, "news", "heard");
        await HubScene.UntilAsync(hub, id, found => found is { Worker: null } && found.ReadCustomStatusAs<string>() == "heard");
        // Its lease is renewed: nobody takes it over however long it takes.
        var first = await scene.ScalarAsync<DateTime>("select due_at from orchestration_activities");
        await HubScene.UntilAsync(async () => await scene.ScalarAsync<DateTime>("select due_at from orchestration_activities") > first.AddSeconds(2));
        open.SetResult();

        Assert.Equal("slow after", (await HubScene.EndAsync(hub, id)).ReadOutputAs<string>());
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task What_one_process_has_no_place_for_is_run_by_another()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var (open, here) = (new TaskCompletionSource(), 0);
        var hub = scene.Hub(
            tasks => tasks
                .AddOrchestratorFunc<int, int>("ask", (context, x) => context.CallActivityAsync<int>("work", x))
                .AddActivityFunc<int, int>("work", async (context, x) =>
                {
                    Interlocked.Increment(ref here);
                    await open.Task.WaitAsync(context.Cancellation);
                    return x;
                }),
            Narrow);
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(x => hub.Client.ScheduleNewOrchestrationInstanceAsync("ask", x)));
        await HubScene.UntilAsync(() => Volatile.Read(ref here) == 3);

        scene.Hub(tasks => tasks.AddActivityFunc<int, int>("work", (_, x) => Task.FromResult(-x)));
        await HubScene.UntilAsync(async () => (await Task.WhenAll(ids.Select(id => hub.Client.GetInstanceAsync(id)))).Count(one => one!.IsCompleted) == 17);
        open.SetResult();
        foreach (var id in ids)
            await HubScene.EndAsync(hub, id);
        Assert.Equal(3, here);
    }

    [Fact]
    public async Task One_name_gets_half_of_the_places_two_a_third_each_and_some_are_always_free()
    {
        var places = new ActivityPlaces(12, static () => { });
        Assert.Equal(6, await EnterAllAsync("a"));
        Assert.Equal(0, places.FreeFor("a"));
        Assert.Equal(3, await EnterAllAsync("b"));
        Assert.Equal(2, await EnterAllAsync("c"));
        Assert.Equal(1, await EnterAllAsync("d"));
        Assert.Equal(1, new ActivityPlaces(1, static () => { }).FreeFor("a"));

        async Task<int> EnterAllAsync(string name)
        {
            var expected = places.FreeFor(name);
            var entered = 0;
            while (places.FreeFor(name) > 0)
            {
                await places.EnterAsync(name, CancellationToken.None);
                entered++;
            }

            Assert.Equal(expected, entered);
            return entered;
        }
    }

    [Fact]
    public async Task A_place_that_is_left_goes_to_whoever_has_least_and_not_to_one_who_is_gone()
    {
        var freed = 0;
        var places = new ActivityPlaces(4, () => freed++);
        await places.EnterAsync("a", CancellationToken.None);
        await places.EnterAsync("a", CancellationToken.None);
        await places.EnterAsync("b", CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var (left, more, other) = (places.EnterAsync("b", gone.Token), places.EnterAsync("a", CancellationToken.None), places.EnterAsync("b", CancellationToken.None));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.False(more.IsCompleted || other.IsCompleted);

        places.Leave("b");
        await other.WaitAsync(HubScene.Soon);
        Assert.False(more.IsCompleted);
        places.Leave("a");
        await more.WaitAsync(HubScene.Soon);
        Assert.Equal(0, freed);
        places.Leave("b");
        Assert.Equal(1, freed);
    }
}
