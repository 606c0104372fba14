using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Tests.Orchestration;

/// <summary>What counts as an attempt: only what an orchestration or an activity does to itself or to its process.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class AttemptTests(OrchestrationStack stack)
{
    private static readonly TaskHubOptions OneAttempt = HubScene.Quick with { MaxAttempts = 1, AwayPause = TimeSpan.FromMilliseconds(20) };

    [Fact]
    public async Task What_a_worker_could_not_run_comes_back_at_once_and_then_ever_later()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(
            tasks => tasks.AddOrchestrator<Fragile>(),
            // Nobody waits for the lease of half an hour.
            HubScene.Quick with { FirstPause = TimeSpan.FromMilliseconds(40), Lease = TimeSpan.FromMinutes(30) });

        Assert.Equal(7, (await HubScene.RunAsync(hub, "fragile")).ReadOutputAs<int>());

        var attempts = Fragile.Attempts;
        Assert.Equal(4, attempts.Count);
        foreach (var (i, least) in new[] { (1, 40), (2, 80), (3, 160) })
            Assert.True(attempts[i] - attempts[i - 1] >= TimeSpan.FromMilliseconds(least - 1), $"Attempt {i + 1} came after {attempts[i] - attempts[i - 1]}.");
    }

    [Fact]
    public async Task An_instance_that_kills_its_workers_is_parked_with_the_reason_and_goes_on_when_resumed()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<int, int>("same", (_, x) => Task.FromResult(x)), HubScene.Quick with { MaxAttempts = 3 }, start: false);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("same", 7);
        var dying = new Claims(new HubDatabase(scene.Database), "dying");
        for (var i = 0; i < 4; i++)
        {
            var claimed = Assert.Single(await dying.TakeInstancesAsync(["same"], 1, DateTimeOffset.UtcNow.AddSeconds(1), TimeSpan.Zero, CancellationToken.None));
            Assert.Equal(i > 0, claimed.Claim.IsTakenOver);
            if (claimed.Claim.IsTakenOver)
                Assert.True(await dying.MarkAsync(claimed.Lease));
        }

        hub.Start();

        var parked = await HubScene.UntilAsync(hub, id, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Parked);
        Assert.Contains("tried 3 times", parked.Reason, StringComparison.Ordinal);
        Assert.True(await hub.Client.ResumeInstanceAsync(id));
        Assert.Equal(7, (await HubScene.EndAsync(hub, id)).ReadOutputAs<int>());
    }

    [Theory]
    [InlineData(8)]
    [InlineData(0)]
    public async Task Workers_that_die_with_much_in_their_hands_count_against_nothing_that_they_had_not_begun(int localActivities)
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(
            tasks => tasks
                .AddOrchestratorFunc<int, int>("plus", (context, x) => context.CallActivityAsync<int>("plus", x))
                .AddActivityFunc<int, int>("plus", (_, x) => Task.FromResult(x + 1)),
            OneAttempt with { LocalActivities = localActivities },
            start: false);
        var ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(x => hub.Client.ScheduleNewOrchestrationInstanceAsync("plus", x)));
        var dying = new Claims(new HubDatabase(scene.Database), "dying");
        for (var i = 0; i < 4; i++)
            Assert.Equal(10, (await dying.TakeInstancesAsync(["plus"], 10, DateTimeOffset.UtcNow.AddSeconds(1), TimeSpan.Zero, CancellationToken.None)).Count);

        hub.Start();

        for (var i = 0; i < ids.Length; i++)
            Assert.Equal(i + 1, (await HubScene.EndAsync(hub, ids[i])).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_database_that_is_away_counts_as_no_attempt()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var faults = new Dictionary<string, int> { ["read inbox"] = 4, ["commit"] = 8, ["peek"] = 4, ["mark"] = 4 };
        var open = new TaskCompletionSource();
        var hub = scene.Hub(
            tasks => tasks
                .AddOrchestratorFunc<int, int>("listen", async (context, x) =>
                {
                    var slow = context.CallActivityAsync<int>("slow");
                    return x + await context.WaitForExternalEvent<int>("n") + await slow;
                })
                .AddActivityFunc<object?, int>("slow", async (context, _) =>
                {
                    await open.Task.WaitAsync(context.Cancellation);
                    return 1;
                }),
            OneAttempt with { LocalPatience = TimeSpan.FromMinutes(10) },
            start: false);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("listen", 6);
        var dying = new Claims(new HubDatabase(scene.Database), "dying");
        Assert.Single(await dying.TakeInstancesAsync(["listen"], 1, DateTimeOffset.UtcNow.AddSeconds(1), TimeSpan.Zero, CancellationToken.None));
        hub.Database.Fault = (access, after) =>
        {
            lock (faults)
            {
                if (after || !faults.TryGetValue(access, out var left) || left == 0)
                    return;
                faults[access] = left - 1;
            }

            throw new NpgsqlException($"The database is away for '{access}'.");
        };

        hub.Start();
        await HubScene.UntilAsync(hub, id, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await AgainAsync(() => hub.Client.RaiseEventAsync(id, "n", 100));
        await HubScene.UntilAsync(async () => (await hub.Client.GetOrchestrationHistoryAsync(id)).Any(step => step.In.Any(one => one.Name == "n")));
        open.SetResult();

        Assert.Equal(107, (await HubScene.EndAsync(hub, id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_renewal_that_fails_is_made_up_for_before_the_lease_ends()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var (open, left) = (new TaskCompletionSource(), 2);
        var hub = scene.Hub(
            tasks => tasks
                .AddOrchestratorFunc<object?, int>("busy", (context, _) => context.CallActivityAsync<int>("long"))
                .AddActivityFunc<object?, int>("long", async (context, _) =>
                {
                    await open.Task.WaitAsync(context.Cancellation);
                    return 1;
                }),
            OneAttempt with { Lease = TimeSpan.FromSeconds(3), LocalPatience = TimeSpan.FromMinutes(10) },
            start: false);
        hub.Database.Fault = (access, after) =>
        {
            if (access == "renew" && !after && Interlocked.Decrement(ref left) >= 0)
                throw new NpgsqlException("The database is away.");
        };
        hub.Start();
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("busy");
        await HubScene.UntilAsync(hub, id, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Running);

        // Twice it failed, and went on: the lease ends later than any that was taken before.
        await HubScene.UntilAsync(() => Volatile.Read(ref left) < -1);
        open.SetResult();
        Assert.Equal(1, (await HubScene.EndAsync(hub, id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task An_activity_ends_at_its_timeout_and_may_be_tried_again()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, int>("hasty", (context, _) => context.CallActivityAsync<int>(
                "slow at first", null, TaskOptions.FromRetryPolicy(new RetryPolicy(100, TimeSpan.FromMilliseconds(1))) with { Timeout = TimeSpan.FromMilliseconds(150) }))
            .AddActivityFunc<object?, int>("slow at first", async (context, _) =>
            {
                // It does not look at its token.
                if (context.Attempt == 1)
                    await Task.Delay(TimeSpan.FromMinutes(10), CancellationToken.None);
                return context.Attempt;
            }));

        Assert.InRange((await HubScene.RunAsync(hub, "hasty")).ReadOutputAs<int>(), 2, 100);
    }

    private static async Task AgainAsync(Func<Task> call)
    {
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (OutcomeUnknownException)
            {
                await Task.Delay(10);
            }
        }
    }

    [DurableTask("fragile")]
    private sealed class Fragile : TaskOrchestrator<object?, int>
    {
        public Fragile()
        {
            Attempts.Add(DateTime.UtcNow);
            if (Attempts.Count < 4)
                throw new IOException("It cannot be made.");
        }

        public static List<DateTime> Attempts { get; } = [];

        public override Task<int> RunAsync(TaskOrchestrationContext context, object? input) => Task.FromResult(7);
    }
}
