using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Tests.Orchestration;

/// <summary>Ids that are used again, and ids that are none.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class IdentityTests(OrchestrationStack stack)
{
    [Fact]
    public async Task An_id_is_used_once_unless_the_caller_allows_more()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<string, string>("echo", async (context, x) => x == "wait" ? await context.WaitForExternalEvent<string>("go") : x));
        var options = new StartOrchestrationOptions("one");
        await HubScene.RunAsync(hub, "echo", "first", options);

        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => hub.Client.ScheduleNewOrchestrationInstanceAsync("echo", "second", options));
        var onlyUnended = options with { DedupeStatuses = [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Pending] };
        Assert.Equal("one", await hub.Client.ScheduleNewOrchestrationInstanceAsync("echo", "wait", onlyUnended));
        await HubScene.UntilAsync(hub, "one", found => found is { RuntimeStatus: OrchestrationRuntimeStatus.Running, Worker: null });
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => hub.Client.ScheduleNewOrchestrationInstanceAsync("echo", "third", onlyUnended));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("echo", "fourth", options with { DedupeStatuses = [] });

        Assert.Equal("fourth", (await HubScene.EndAsync(hub, "one")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_parent_that_begins_again_has_children_of_its_own_whatever_is_left_of_its_last_life()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<int, int>("parent", async (context, x) => await context.CallSubOrchestratorAsync<int>("child", x) + await context.CallSubOrchestratorAsync<int>("child", x))
            .AddOrchestratorFunc<int, int>("child", (_, x) => Task.FromResult(x)));
        var options = new StartOrchestrationOptions("p");
        Assert.Equal(2, (await HubScene.RunAsync(hub, "parent", 1, options)).ReadOutputAs<int>());

        Assert.Equal(1, await hub.Client.PurgeInstanceAsync("p"));
        Assert.Equal(4, (await HubScene.RunAsync(hub, "parent", 2, options)).ReadOutputAs<int>());
        Assert.Equal(6, (await HubScene.RunAsync(hub, "parent", 3, options with { DedupeStatuses = [] })).ReadOutputAs<int>());
        await hub.Client.RestartAsync("p");
        Assert.Equal(6, (await HubScene.EndAsync(hub, "p")).ReadOutputAs<int>());
        await ExecuteAsync(scene, OrchestrationStatements.Restart([OrchestrationStart.Of("p", "parent", 5)], DateTimeOffset.UtcNow));
        await HubScene.UntilAsync(hub, "p", found => found.ReadOutputAs<int>() == 10);

        Assert.Equal(10, await scene.ScalarAsync<long>("select count(*) from orchestrations where parent_id = 'p'"));
    }

    [Fact]
    public async Task A_child_of_a_given_id_that_is_left_of_the_parent_s_last_life_fails_the_call_instead_of_keeping_it_waiting()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<int, int>("parent", (context, x) => context.CallSubOrchestratorAsync<int>("child", x, new SubOrchestrationOptions(instanceId: "the-child")))
            .AddOrchestratorFunc<int, int>("child", (_, x) => Task.FromResult(x)));
        Assert.Equal(1, (await HubScene.RunAsync(hub, "parent", 1, new StartOrchestrationOptions("p"))).ReadOutputAs<int>());
        Assert.Equal(1, await hub.Client.PurgeInstanceAsync("p"));

        var failed = await HubScene.RunAsync(hub, "parent", 2, new StartOrchestrationOptions("p"));

        Assert.True(failed.FailureDetails!.InnerFailure!.IsCausedBy<OrchestrationAlreadyExistsException>());
    }

    /// <summary>As they were made before ids were told apart over the lives of a parent.</summary>
    [Fact]
    public async Task A_parent_goes_on_with_a_child_whose_id_was_made_by_an_older_version()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        void Code(DurableTaskRegistry tasks) => tasks
            .AddOrchestratorFunc<object?, string>("parent", async (context, _) => await context.CallSubOrchestratorAsync<string>("listen") + await context.WaitForExternalEvent<string>("go"))
            .AddOrchestratorFunc<object?, string>("listen", (context, _) => context.WaitForExternalEvent<string>("go"));
        var hub = scene.Hub(Code);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("parent", options: new StartOrchestrationOptions("p"));
        await HubScene.UntilAsync(async () => await scene.ScalarAsync<long>("select count(*) from orchestration_ready where steps = 1 and owner is null") == 2);
        await hub.DisposeAsync();
        await scene.ExecuteAsync(
            """
            update orchestration_history set body = regexp_replace(body::text, '"child_id":"[^"]*",', '')::json where instance_id = 'p';
            update orchestrations set instance_id = 'p:0:1' where parent_id = 'p';
            update orchestration_ready set instance_id = 'p:0:1' where instance_id <> 'p';
            update orchestration_history set instance_id = 'p:0:1' where instance_id <> 'p'
            """);
        Assert.Equal(1, await scene.ScalarAsync<long>("select count(*) from orchestration_history where instance_id = 'p' and body::text like '%\"p:0:1\"%' and body::text not like '%child_id%'"));

        var later = scene.Hub(Code);
        await later.Client.RaiseEventAsync("p:0:1", "go", "child ");
        await later.Client.RaiseEventAsync("p", "go", "parent");

        Assert.Equal("child parent", (await HubScene.EndAsync(later, "p")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_start_for_a_set_time_waits_for_it_whatever_comes_in_and_however_often_it_is_stopped()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, DateTime>("listen", async (context, _) =>
        {
            var began = context.CurrentUtcDateTime;
            await context.WaitForExternalEvent<string>("go");
            return began;
        }));
        var (soon, tomorrow) = (DateTimeOffset.UtcNow.AddSeconds(2), DateTimeOffset.UtcNow.AddDays(1));
        foreach (var (id, at) in new[] { ("soon", soon), ("tomorrow", tomorrow) })
        {
            await hub.Client.ScheduleNewOrchestrationInstanceAsync("listen", options: new StartOrchestrationOptions(id, at));
            Assert.True(await hub.Client.RaiseEventAsync(id, "go", "early"));
            Assert.True(await hub.Client.SuspendInstanceAsync(id, "for now"));
            Assert.True(await hub.Client.ResumeInstanceAsync(id));
            Assert.True(await hub.Client.RaiseEventAsync(id, "go", "early"));
        }

        Assert.True((await HubScene.EndAsync(hub, "soon")).ReadOutputAs<DateTime>() >= soon.UtcDateTime.AddMilliseconds(-1));
        var waiting = await hub.Client.GetInstanceAsync("tomorrow");
        Assert.Equal((OrchestrationRuntimeStatus.Pending, tomorrow.ToUnixTimeMilliseconds()), (waiting!.RuntimeStatus, waiting.DueAt!.Value.ToUnixTimeMilliseconds()));
    }

    [Fact]
    public async Task What_is_only_to_be_looked_at_later_is_called_up_by_what_comes_in_and_begins_now_and_not_in_the_future()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, DateTime>("early", async (context, _) =>
        {
            await context.WaitForExternalEvent<int>("come");
            await context.CreateTimer(TimeSpan.FromMilliseconds(50));
            return context.CurrentUtcDateTime;
        }));
        await ExecuteAsync(scene, OrchestrationStatements.Start([OrchestrationStart.Of("later", "early", null) with { FirstLook = DateTimeOffset.UtcNow.AddHours(5) }], DateTimeOffset.UtcNow));
        Assert.True(await hub.Client.RaiseEventAsync("later", "come", 1));

        Assert.InRange((await HubScene.EndAsync(hub, "later")).ReadOutputAs<DateTime>(), DateTime.UtcNow.AddHours(-1), DateTime.UtcNow);
    }

    [Fact]
    public async Task Ids_with_line_breaks_are_refused_wherever_they_come_from()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<string, object?>("calls", (context, id) => context.CallSubOrchestratorAsync<object?>("calls", null, new SubOrchestrationOptions(instanceId: id)))
            .AddOrchestratorFunc<string, object?>("tells", (context, id) =>
            {
                context.SendEvent(id, "go", null);
                return Task.FromResult<object?>(null);
            }));

        foreach (var (name, id) in new[] { ("calls", "a\nb"), ("calls", ""), ("tells", "a\0b") })
        {
            var failed = await HubScene.RunAsync(hub, name, id);
            Assert.Equal((OrchestrationRuntimeStatus.Failed, typeof(ArgumentException).FullName), (failed.RuntimeStatus, failed.FailureDetails!.ErrorType));
            Assert.Contains("instance id", failed.FailureDetails.ErrorMessage, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<ArgumentException>(() => hub.Client.ScheduleNewOrchestrationInstanceAsync("calls", options: new StartOrchestrationOptions("a\nb")));
        Assert.Throws<ArgumentException>(() => OrchestrationStatements.Start([OrchestrationStart.Of("a\rb", "calls", null)], DateTimeOffset.UtcNow).ToList());
    }

    /// <summary>A worker that records a step locks the instance first and then writes what it is.</summary>
    [Fact]
    public async Task A_replacement_takes_its_locks_in_the_order_of_those_who_record_steps()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<int, int>("same", (_, x) => Task.FromResult(x)), start: false);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("same", 1, new StartOrchestrationOptions("it"));
        await using var connection = await scene.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync("call orchestration_lock(array['it'])");
        var accesses = 0;
        hub.Database.Fault = (access, after) => accesses += access == "replace" && !after ? 1 : 0;

        var replacing = hub.Client.ScheduleNewOrchestrationInstanceAsync("same", 2, new StartOrchestrationOptions("it") { DedupeStatuses = [] });
        await HubScene.UntilAsync(async () => await scene.ScalarAsync<long>("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") > 0);
        await RunAsync("update orchestrations set custom_status = '1' where instance_id = 'it'");
        await transaction.CommitAsync();

        await replacing;
        Assert.Equal(1, accesses);
        hub.Start();
        Assert.Equal(2, (await HubScene.EndAsync(hub, "it")).ReadOutputAs<int>());

        async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Fact]
    public async Task Whoever_waits_for_an_end_is_told_although_another_gives_up_waiting_just_then()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var completions = new Completions(new InstanceReads(new HubDatabase(scene.Database)), TimeProvider.System);
        for (var i = 0; i < 3_000; i++)
        {
            var id = $"{i}";
            using var leaving = new CancellationTokenSource();
            var first = completions.WaitAsync(id, leaving.Token);
            var leave = Task.Run(leaving.Cancel);
            var second = completions.WaitAsync(id, HubScene.Soon);
            await leave;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

            // Too much to be kept for those who come later: whoever waits now must be told.
            completions.Tell(new OrchestrationMetadata("any", id) { RuntimeStatus = OrchestrationRuntimeStatus.Completed, CreatedAt = default, LastUpdatedAt = default, SerializedOutput = new string('x', 5_000) });
            Assert.Equal(id, (await second).InstanceId);
        }
    }

    private static async Task ExecuteAsync(HubScene scene, IEnumerable<NpgsqlBatchCommand> commands)
    {
        await using var connection = await scene.Database.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        await batch.ExecuteNonQueryAsync();
    }
}
