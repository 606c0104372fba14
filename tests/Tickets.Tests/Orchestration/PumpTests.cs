using System.Diagnostics;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;

namespace Tickets.Tests.Orchestration;

/// <summary>Hubs whose host calls now and then, for so long.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class PumpTests(OrchestrationStack stack)
{
    [Theory]
    [InlineData(8)]
    [InlineData(0)]
    public async Task A_pump_ends_within_its_budget_and_gives_back_what_still_runs(int localActivities)
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var (begun, told) = (new TaskCompletionSource(), 0);
        var hub = scene.Hub(
            tasks => tasks
                .AddOrchestratorFunc<object?, int>("stuck", (context, _) => context.CallActivityAsync<int>("hang"))
                .AddActivityFunc<object?, int>("hang", async (context, _) =>
                {
                    await using var registered = context.Cancellation.Register(() => Interlocked.Increment(ref told));
                    begun.TrySetResult();
                    // It does not look at its token.
                    await Task.Delay(TimeSpan.FromMinutes(10), CancellationToken.None);
                    return 0;
                }),
            new TaskHubOptions { LocalActivities = localActivities, LocalPatience = TimeSpan.FromMinutes(10) },
            start: false);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("stuck");

        var took = Stopwatch.StartNew();
        await hub.PumpAsync(TimeSpan.FromSeconds(2), HubScene.Soon).WaitAsync(HubScene.Soon);

        Assert.True(took.Elapsed < TimeSpan.FromMinutes(1), $"It took {took.Elapsed}.");
        Assert.True(begun.Task.IsCompleted);
        Assert.Equal(1, told);
        Assert.Equal(0, await scene.ScalarAsync<long>("select (select count(*) from orchestration_ready where owner is not null) + (select count(*) from orchestration_activities where owner is not null)"));
        // Whoever comes next has it at once, and it counts as no attempt.
        Assert.Equal(0, await scene.ScalarAsync<int>("select attempts from orchestration_activities"));
        var other = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, int>("stuck", (context, _) => context.CallActivityAsync<int>("hang"))
            .AddActivityFunc<object?, int>("hang", (_, _) => Task.FromResult(7)));
        Assert.Equal(7, (await HubScene.EndAsync(other, id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_pump_works_within_its_budget_and_ends_early_when_nothing_is_due()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(
            tasks => tasks.AddOrchestratorFunc<int, int>("same", async (context, x) =>
            {
                await context.CreateTimer(TimeSpan.FromMilliseconds(20));
                return x;
            }),
            start: false);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("same", 5);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("same", 6, new StartOrchestrationOptions("tomorrow", DateTimeOffset.UtcNow.AddDays(1)));

        await hub.PumpAsync(TimeSpan.FromMinutes(5), HubScene.Soon);

        Assert.Equal(5, (await hub.Client.GetInstanceAsync(id, getInputsAndOutputs: true))!.ReadOutputAs<int>());
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await hub.Client.GetInstanceAsync("tomorrow"))!.RuntimeStatus);
    }
}
