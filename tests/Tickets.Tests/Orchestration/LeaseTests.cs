using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Tests.Orchestration;

/// <summary>What holds when workers die, stall and compete.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class LeaseTests(OrchestrationStack stack)
{
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task What_a_dead_worker_held_is_taken_over_when_its_lease_ends()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var dead = new Claims(new HubDatabase(scene.Database), "dead");
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<int, int>("same", (_, x) => Task.FromResult(x)), start: false);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("same", 7);
        Assert.Single(await dead.TakeInstancesAsync(["same"], 10, DateTimeOffset.UtcNow, TimeSpan.FromSeconds(1), CancellationToken.None));

        hub.Start();

        var ended = await HubScene.EndAsync(hub, id);
        Assert.Equal(7, ended.ReadOutputAs<int>());
        Assert.True(ended.CompletedAt - ended.CreatedAt >= TimeSpan.FromSeconds(0.9));
    }

    [Fact]
    public async Task A_worker_whose_lease_was_taken_over_can_record_nothing_renew_nothing_and_give_nothing_back()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, object?>("any", (_, _) => Task.FromResult<object?>(null)), start: false);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("any");
        var database = new HubDatabase(scene.Database);
        var (stale, fresh) = (new Claims(database, "stale"), new Claims(database, "fresh"));
        var first = Assert.Single(await stale.TakeInstancesAsync(["any"], 1, DateTimeOffset.UtcNow, TimeSpan.Zero, CancellationToken.None));
        var second = Assert.Single(await fresh.TakeInstancesAsync(["any"], 1, DateTimeOffset.UtcNow.AddSeconds(1), TimeSpan.FromMinutes(1), CancellationToken.None));
        await using var writer = new HubWriter(database, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        writer.Start();

        var stood = await Task.WhenAll(writer.WriteAsync(End(first)), writer.WriteAsync(new MessageChange(OrchestrationMessage.Of(OrchestrationEvent.Of(id, "news", null)))));

        // Its neighbour in the group is none the worse for it.
        Assert.Equal(new[] { false, true }, stood);
        Assert.Empty(await stale.RenewAsync([first.Lease], DateTimeOffset.UtcNow.AddHours(1), CancellationToken.None));
        Assert.Equal(0, await stale.ReleaseAsync([first.Lease], DateTimeOffset.UtcNow, attempts: 0));
        Assert.Equal(0, await stale.ParkAsync(first.Lease, "no"));
        Assert.Equal("fresh", await scene.ScalarAsync<string>("select owner from orchestration_ready"));
        Assert.Equal(0, await scene.ScalarAsync<long>("select count(*) from orchestration_history"));
        Assert.True(await writer.WriteAsync(End(second)));
        Assert.Equal(0, await scene.ScalarAsync<long>("select count(*) from orchestration_ready"));
    }

    [Fact]
    public async Task Of_two_commits_of_one_instance_at_once_the_lease_holder_s_stands()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, object?>("any", (_, _) => Task.FromResult<object?>(null)), start: false);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("any");
        var database = new HubDatabase(scene.Database);
        var claims = new Claims(database, "one");
        var first = Assert.Single(await claims.TakeInstancesAsync(["any"], 1, DateTimeOffset.UtcNow, TimeSpan.Zero, CancellationToken.None));
        var second = Assert.Single(await claims.TakeInstancesAsync(["any"], 1, DateTimeOffset.UtcNow.AddSeconds(1), TimeSpan.FromMinutes(1), CancellationToken.None));
        await using var writer = new HubWriter(database, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        var both = Task.WhenAll(writer.WriteAsync(End(first)), writer.WriteAsync(End(second)));
        writer.Start();

        Assert.Equal(new[] { false, true }, await both);
    }

    [Fact]
    public async Task A_worker_that_takes_up_an_instance_while_its_last_holder_begins_it_anew_has_the_new_execution()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<int, int>("count", (_, x) => Task.FromResult(x)), start: false);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("count", 1);
        var database = new HubDatabase(scene.Database);
        var slow = Assert.Single(await new Claims(database, "slow").TakeInstancesAsync(["count"], 1, DateTimeOffset.UtcNow, TimeSpan.Zero, CancellationToken.None));
        await using var writer = new HubWriter(database, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        writer.Start();
        await using var gate = await ClaimGate.CloseAsync(scene);

        // Its lease is over, and another has begun to take the instance over when it commits after all.
        var taking = gate.Claims("quick").TakeInstancesAsync(["count"], 1, DateTimeOffset.UtcNow.AddHours(1), TimeSpan.FromHours(2), CancellationToken.None);
        await gate.UntilSomebodyWaitsAsync();
        var anew = new StepCommit
        {
            Lease = slow.Lease,
            Execution = 0,
            StepsBefore = 0,
            Steps = [new HistoryStep(DateTime.UtcNow, [], [])],
            CustomStatus = "\"second\"",
            CustomStatusChanged = true,
            Next = new NextExecution("2", "", [new HistoryEvent { Kind = HistoryEventKind.EventRaised, Name = "kept" }]),
        };
        Assert.True(await writer.WriteAsync(anew));
        await gate.OpenAsync();

        var taken = Assert.Single(await taking);
        Assert.Equal((1, "2", "\"second\""), (taken.Identity.Execution, taken.Facts.Input, taken.Facts.CustomStatus));
        Assert.Equal("kept", Assert.Single(taken.Facts.Carried).Name);
    }

    [Fact]
    public async Task A_restart_is_not_lost_to_a_worker_that_is_about_to_end_the_last_run()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<int, int>("same", (_, x) => Task.FromResult(x)), start: false);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("same", 1, new StartOrchestrationOptions("it"));
        await hub.Client.RaiseEventAsync("it", "for the first", 1);
        var database = new HubDatabase(scene.Database);
        var ending = Assert.Single(await new Claims(database, "ending").TakeInstancesAsync(["same"], 1, DateTimeOffset.UtcNow, TimeSpan.FromHours(1), CancellationToken.None));

        await using (var connection = await scene.Database.OpenConnectionAsync())
        await using (var batch = new NpgsqlBatch(connection))
        {
            foreach (var command in OrchestrationStatements.Restart([OrchestrationStart.Of("it", "same", 2)], DateTimeOffset.UtcNow))
                batch.BatchCommands.Add(command);
            await batch.ExecuteNonQueryAsync();
        }

        await using var writer = new HubWriter(database, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        writer.Start();
        Assert.False(await writer.WriteAsync(End(ending)));
        hub.Start();
        Assert.Equal(2, (await HubScene.EndAsync(hub, "it")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task An_activity_is_told_when_another_worker_has_taken_its_instance_over()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var (began, told) = (new TaskCompletionSource(), new TaskCompletionSource());
        // Held all the while: an activity that goes on by itself has a lease of its own, which a robber of its instance leaves alone.
        var hub = scene.Hub(
            tasks => tasks
                .AddOrchestratorFunc<object?, object?>("busy", (context, _) => context.CallActivityAsync<object?>("long"))
                .AddActivityFunc<object?, object?>("long", async (context, _) =>
                {
                    began.TrySetResult();
                    await Task.Delay(Never, context.Cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    told.TrySetResult();
                    return null;
                }),
            HubScene.Quick with { LocalPatience = TimeSpan.FromMinutes(5) });
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("busy");
        await began.Task.WaitAsync(HubScene.Soon);
        await HubScene.UntilAsync(hub, id, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Running);

        Assert.Single(await new Claims(new HubDatabase(scene.Database), "robber").TakeInstancesAsync(["busy"], 1, DateTimeOffset.UtcNow.AddDays(1), TimeSpan.FromDays(2), CancellationToken.None));

        await told.Task.WaitAsync(HubScene.Soon);
    }

    [Fact]
    public async Task Several_processes_share_the_work_and_every_step_is_recorded_once()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        void Code(DurableTaskRegistry tasks) => tasks
            .AddOrchestratorFunc<int, int>("chain", async (context, x) =>
            {
                for (var i = 0; i < 3; i++)
                {
                    x = await context.CallActivityAsync<int>("plus", x);
                    await context.CreateTimer(TimeSpan.FromMilliseconds(1));
                }

                return x;
            })
            .AddActivityFunc<int, int>("plus", (_, x) => Task.FromResult(x + 1));
        var hubs = Enumerable.Range(0, 3).Select(i => scene.Hub(Code, HubScene.Quick with { LocalActivities = i })).ToList();

        var ids = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => hubs[i % 3].Client.ScheduleNewOrchestrationInstanceAsync("chain", i)));
        var ended = await Task.WhenAll(ids.Select((id, i) => HubScene.EndAsync(hubs[(i + 1) % 3], id)));

        Assert.Equal(Enumerable.Range(3, 300), ended.Select(found => found.ReadOutputAs<int>()));
        Assert.Equal(0, await scene.ScalarAsync<long>("select (select count(*) from orchestration_ready) + (select count(*) from orchestration_inbox) + (select count(*) from orchestration_activities)"));
    }

    private static StepCommit End(ClaimedInstance claimed) => new()
    {
        Lease = claimed.Lease,
        Execution = 0,
        StepsBefore = 0,
        Steps = [new HistoryStep(DateTime.UtcNow, [], [])],
        Ended = new Ending(OrchestrationRuntimeStatus.Completed, null, null),
    };
}
