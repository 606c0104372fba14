using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Determinism;

namespace Tickets.Tests.Orchestration;

/// <summary>Mistakes that would make a replay go another way are named.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class DeterminismTests(OrchestrationStack stack)
{
    [Fact]
    public async Task Awaiting_what_is_not_the_contexts_parks_the_instance_with_the_rules_name()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, int>("sleepy", async (_, _) =>
        {
            await Task.Delay(50);
            return 1;
        }));

        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("sleepy");

        var parked = await HubScene.UntilAsync(hub, id, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Parked);
        Assert.StartsWith(DeterminismRules.NonDurableAwait, parked.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Using_the_context_after_ConfigureAwait_false_is_noticed()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, int>("adrift", async (context, _) =>
            {
                await context.CallActivityAsync<int>("one").ConfigureAwait(false);
                return await context.CallActivityAsync<int>("one");
            })
            .AddActivityFunc<object?, int>("one", (_, _) => Task.FromResult(1)));

        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("adrift");

        var parked = await HubScene.UntilAsync(hub, id, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Parked);
        Assert.True(parked.Reason!.StartsWith(DeterminismRules.NonDurableAwait, StringComparison.Ordinal) || parked.Reason.StartsWith(DeterminismRules.ConfigureAwait, StringComparison.Ordinal));
    }

    [Fact]
    public void The_code_of_an_orchestrator_is_read_for_calls_that_cannot_be_replayed()
    {
        var rules = Faults(tasks => tasks.AddOrchestrator<Careless>()).Select(fault => fault.Rule).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal([DeterminismRules.Clock, DeterminismRules.ConfigureAwait, DeterminismRules.Delay, DeterminismRules.Random], rules);
        Assert.Empty(Faults(tasks => tasks.AddOrchestrator<Careful>()));
        Assert.Contains(
            Faults(tasks => tasks.AddOrchestratorFunc<object?, Guid>("lambda", async (context, _) =>
            {
                await context.CreateTimer(TimeSpan.Zero);
                return Guid.NewGuid();
            })),
            fault => fault is { Rule: DeterminismRules.Random, Orchestrator: "lambda" });
    }

    private static IReadOnlyList<DeterminismFault> Faults(Func<DurableTaskRegistry, DurableTaskRegistry> add) => add(new DurableTaskRegistry()).Faults;

    private sealed class Careless : TaskOrchestrator<object?, DateTime>
    {
        public override async Task<DateTime> RunAsync(TaskOrchestrationContext context, object? input)
        {
            await Task.Delay(1);
            await context.CreateTimer(TimeSpan.FromSeconds(new Random().Next())).ConfigureAwait(false);
            return DateTime.UtcNow;
        }
    }

    private sealed class Careful : TaskOrchestrator<object?, DateTime>
    {
        public override async Task<DateTime> RunAsync(TaskOrchestrationContext context, object? input)
        {
            await Task.WhenAll(Enumerable.Range(0, 3).Select(i => context.CallActivityAsync<int>("x", i)));
            await context.CreateTimer(TimeSpan.FromSeconds(1));
            return context.CurrentUtcDateTime;
        }
    }
}
