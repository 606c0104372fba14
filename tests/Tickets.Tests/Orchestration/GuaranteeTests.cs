using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Tests.Orchestration;

/// <summary>What holds when workers die, stall, compete, or do not know what they are given.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class GuaranteeTests(OrchestrationStack stack)
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
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, object?>("busy", (context, _) => context.CallActivityAsync<object?>("long"))
            .AddActivityFunc<object?, object?>("long", async (context, _) =>
            {
                began.TrySetResult();
                await using var registered = context.Cancellation.Register(() => told.TrySetResult());
                await Task.Delay(Never, context.Cancellation);
                return null;
            }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("busy");
        await began.Task.WaitAsync(HubScene.Soon);
        await HubScene.UntilAsync(hub, id, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Running);

        Assert.Single(await new Claims(new HubDatabase(scene.Database), "robber").TakeInstancesAsync(["busy"], 1, DateTimeOffset.UtcNow.AddDays(1), TimeSpan.FromDays(2), CancellationToken.None));

        await told.Task.WaitAsync(HubScene.Soon);
    }

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
                    await Task.Delay(Never, CancellationToken.None);
                return context.Attempt;
            }));

        Assert.InRange((await HubScene.RunAsync(hub, "hasty")).ReadOutputAs<int>(), 2, 100);
    }

    [Fact]
    public async Task A_start_and_an_event_stand_or_fall_with_the_callers_transaction()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, string>("listen", (context, _) => context.WaitForExternalEvent<string>("go")));
        await using var connection = await scene.Database.OpenConnectionAsync();

        await using (var undone = await connection.BeginTransactionAsync())
        {
            await hub.Client.ScheduleNewOrchestrationInstanceAsync(undone, "listen", options: new StartOrchestrationOptions("undone"));
            await undone.RollbackAsync();
        }

        await using (var done = await connection.BeginTransactionAsync())
        {
            await hub.Client.ScheduleNewOrchestrationInstanceAsync(done, "listen", options: new StartOrchestrationOptions("done"));
            await done.CommitAsync();
        }

        await using (var undone = await connection.BeginTransactionAsync())
        {
            Assert.True(await hub.Client.RaiseEventAsync(undone, "done", "go", "no"));
            Assert.True(await hub.Client.TerminateInstanceAsync(undone, "done"));
            await undone.RollbackAsync();
        }

        await using (var done = await connection.BeginTransactionAsync())
        {
            Assert.True(await hub.Client.RaiseEventAsync(done, "done", "go", "yes"));
            await done.CommitAsync();
        }

        Assert.Null(await hub.Client.GetInstanceAsync("undone"));
        Assert.Equal("yes", (await HubScene.EndAsync(hub, "done")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Starts_and_events_ride_along_in_a_batch_of_the_callers()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<int, int>("add", async (context, x) => x + await context.WaitForExternalEvent<int>("n")));
        var now = DateTimeOffset.UtcNow;
        await using var connection = await scene.Database.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in OrchestrationStatements.Start([.. Enumerable.Range(0, 50).Select(i => OrchestrationStart.Of($"add-{i}", "add", i))], now))
            batch.BatchCommands.Add(command);
        foreach (var command in OrchestrationStatements.Raise([.. Enumerable.Range(0, 50).Select(i => OrchestrationEvent.Of($"add-{i}", "n", 1000)), OrchestrationEvent.Of("nobody", "n", 1)], now))
            batch.BatchCommands.Add(command);
        batch.BatchCommands.Add(Sql.Command("select 42::bigint"));
        long last = 0;
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            do
            {
                while (await reader.ReadAsync())
                    last = reader.GetInt64(0);
            }
            while (await reader.NextResultAsync());
        }

        Assert.Equal(42, last);
        for (var i = 0; i < 50; i++)
            Assert.Equal(1000 + i, (await HubScene.EndAsync(hub, $"add-{i}")).ReadOutputAs<int>());
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

    [Fact]
    public async Task The_settings_database_carries_the_same_tables_as_a_shard()
    {
        await using var scene = await HubScene.CreateAsync(stack, "settings");
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<int, int>("same", (_, x) => Task.FromResult(x)));
        Assert.Equal(9, (await HubScene.RunAsync(hub, "same", 9)).ReadOutputAs<int>());
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
