using Microsoft.Extensions.Logging;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;

namespace Tickets.Tests.Orchestration;

/// <summary>What orchestrators can do, in Durable Task's words.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class AuthoringTests(OrchestrationStack stack)
{
    [Theory]
    [InlineData(8)]
    [InlineData(0)]
    public async Task Activities_run_one_after_the_other_and_their_answers_come_back(int localActivities)
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(
            tasks => tasks
                .AddOrchestratorFunc<int, int>("two", async (context, x) => await context.CallActivityAsync<int>("double", await context.CallActivityAsync<int>("plus", x)))
                .AddActivityFunc<int, int>("plus", (_, x) => Task.FromResult(x + 1))
                .AddActivityFunc<int, int>("double", (_, x) => Task.FromResult(x * 2)),
            HubScene.Quick with { LocalActivities = localActivities });

        var ended = await HubScene.RunAsync(hub, "two", 20);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        Assert.Equal(42, ended.ReadOutputAs<int>());
        var stored = await hub.Client.GetInstanceAsync(ended.InstanceId, getInputsAndOutputs: true);
        Assert.Equal("42", stored!.SerializedOutput);
        Assert.Equal("20", stored.SerializedInput);
        Assert.Equal(0, await scene.ScalarAsync<long>("select (select count(*) from orchestration_ready) + (select count(*) from orchestration_inbox) + (select count(*) from orchestration_activities)"));
    }

    [Fact]
    public async Task A_fan_out_beyond_what_one_process_takes_itself_comes_back_whole()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<int, int>("sum", async (context, n) => (await Task.WhenAll(Enumerable.Range(1, n).Select(i => context.CallActivityAsync<int>("square", i)))).Sum())
            .AddActivityFunc<int, int>("square", (_, x) => Task.FromResult(x * x)));

        Assert.Equal(338_350, (await HubScene.RunAsync(hub, "sum", 100)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_timer_fires_after_its_time_and_the_clock_of_the_code_agrees()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<int, double>("wait", async (context, ms) =>
        {
            var from = context.CurrentUtcDateTime;
            await context.CreateTimer(TimeSpan.FromMilliseconds(ms));
            return (context.CurrentUtcDateTime - from).TotalMilliseconds;
        }));
        var watch = System.Diagnostics.Stopwatch.StartNew();

        Assert.InRange((await HubScene.RunAsync(hub, "wait", 300)).ReadOutputAs<double>(), 300, watch.Elapsed.TotalMilliseconds + 1);
    }

    [Fact]
    public async Task Events_are_taken_whether_they_come_early_or_late_and_whatever_their_case()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(
            tasks => tasks.AddOrchestratorFunc<object?, string>("listen", async (context, _) =>
                await context.WaitForExternalEvent<string>("first") + await context.WaitForExternalEvent<string>("second")),
            start: false);

        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("listen");
        Assert.True(await hub.Client.RaiseEventAsync(id, "SECOND", "b"));
        hub.Start();
        await HubScene.UntilAsync(hub, id, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        Assert.True(await hub.Client.RaiseEventAsync(id, "first", "a"));

        Assert.Equal("ab", (await HubScene.EndAsync(hub, id)).ReadOutputAs<string>());
        Assert.False(await hub.Client.RaiseEventAsync(id, "first", "too late"));
        Assert.False(await hub.Client.RaiseEventAsync("nobody", "first"));
    }

    [Fact]
    public async Task A_wait_that_timed_out_takes_no_event_from_the_next_one()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, string>("patient", async (context, _) =>
        {
            var late = "";
            try
            {
                await context.WaitForExternalEvent<string>("go", TimeSpan.FromMilliseconds(50));
            }
            catch (TaskCanceledException)
            {
                late = "late ";
            }

            context.SetCustomStatus("again");
            return late + await context.WaitForExternalEvent<string>("go");
        }));

        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("patient");
        await HubScene.UntilAsync(hub, id, found => found.ReadCustomStatusAs<string>() == "again");
        await hub.Client.RaiseEventAsync(id, "go", "now");

        Assert.Equal("late now", (await HubScene.EndAsync(hub, id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Sub_orchestrations_answer_fail_and_know_their_parent()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, string>("parent", async (context, _) =>
            {
                var answer = await context.CallSubOrchestratorAsync<string>("child", 1);
                try
                {
                    await context.CallSubOrchestratorAsync("child", -1);
                    return "no failure";
                }
                catch (TaskFailedException fault)
                {
                    return answer + "|" + fault.FailureDetails.ErrorMessage + "|" + fault.FailureDetails.IsCausedBy<InvalidOperationException>();
                }
            })
            .AddOrchestratorFunc<int, string>("child", (context, x) => x < 0 ? throw new InvalidOperationException("negative") : Task.FromResult(context.Parent!.InstanceId)));

        var ended = await HubScene.RunAsync(hub, "parent", options: new StartOrchestrationOptions("the-parent"));

        Assert.Equal("the-parent|negative|True", ended.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_sub_orchestration_under_an_id_that_is_taken_fails_and_leaves_the_other_alone()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, bool>("parent", async (context, _) =>
            {
                try
                {
                    await context.CallSubOrchestratorAsync("listen", null, new SubOrchestrationOptions(instanceId: "taken"));
                    return false;
                }
                catch (TaskFailedException fault)
                {
                    return fault.FailureDetails.IsCausedBy<OrchestrationAlreadyExistsException>();
                }
            })
            .AddOrchestratorFunc<object?, string>("listen", (context, _) => context.WaitForExternalEvent<string>("go")));

        await hub.Client.ScheduleNewOrchestrationInstanceAsync("listen", options: new StartOrchestrationOptions("taken"));
        Assert.True((await HubScene.RunAsync(hub, "parent")).ReadOutputAs<bool>());
        await hub.Client.RaiseEventAsync("taken", "go", "still here");
        Assert.Equal("still here", (await HubScene.EndAsync(hub, "taken")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_failing_activity_is_tried_again_as_the_policy_says_with_its_attempt_and_one_key()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var seen = new List<(int Attempt, string Key)>();
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, string>("stubborn", (context, _) => context.CallActivityAsync<string>("flaky", null, TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromMilliseconds(10), 2))))
            .AddOrchestratorFunc<object?, string>("gives up", (context, _) => context.CallActivityAsync<string>("flaky", null, TaskOptions.FromRetryHandler(retry => retry.LastAttemptNumber < 2)))
            .AddActivityFunc<object?, string>("flaky", (context, _) =>
            {
                lock (seen)
                    seen.Add((context.Attempt, context.Key));
                return context.Attempt < 3 ? throw new IOException("not yet") : Task.FromResult("done");
            }));

        Assert.Equal("done", (await HubScene.RunAsync(hub, "stubborn")).ReadOutputAs<string>());
        Assert.Equal([1, 2, 3], seen.Select(call => call.Attempt));
        Assert.Single(seen.Select(call => call.Key).Distinct());

        var failed = await HubScene.RunAsync(hub, "gives up");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, failed.RuntimeStatus);
        Assert.True(failed.FailureDetails!.InnerFailure!.IsCausedBy<IOException>());
        Assert.Equal(5, seen.Count);
    }

    [Fact]
    public async Task Beginning_anew_keeps_events_and_leaves_no_history_behind()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<List<int>, List<int>>("collect", async (context, got) =>
        {
            got.Add(await context.WaitForExternalEvent<int>("n"));
            if (got.Count < 200)
                context.ContinueAsNew(got);
            return got;
        }));

        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("collect", new List<int>());
        await Task.WhenAll(Enumerable.Range(0, 200).Select(n => hub.Client.RaiseEventAsync(id, "n", n)));

        var ended = await HubScene.EndAsync(hub, id);
        Assert.Equal(Enumerable.Range(0, 200), ended.ReadOutputAs<List<int>>()!.Order());
        Assert.Equal(199, ended.Execution);
        Assert.InRange(await scene.ScalarAsync<long>("select count(*) from orchestration_history"), 1, 2);
    }

    [Fact]
    public async Task Events_kept_over_beginning_anew_come_before_those_that_arrive_later()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(
            tasks => tasks.AddOrchestratorFunc<string, string>("ordered", async (context, got) =>
            {
                got += await context.WaitForExternalEvent<string>("letter");
                if (got.Length < 6)
                    context.ContinueAsNew(got);
                return got;
            }),
            start: false);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("ordered", "");
        foreach (var letter in "abc")
            await hub.Client.RaiseEventAsync(id, "letter", letter.ToString());
        hub.Start();
        foreach (var letter in "def")
            await hub.Client.RaiseEventAsync(id, "letter", letter.ToString());

        Assert.Equal("abcdef", (await HubScene.EndAsync(hub, id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task New_ids_and_custom_status_are_the_same_however_often_the_past_is_run_again()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, bool>("ids", async (context, _) =>
        {
            var (first, second) = (context.NewGuid(), context.NewGuid());
            context.SetCustomStatus(first);
            await context.WaitForExternalEvent<object?>("go");
            await context.CreateTimer(TimeSpan.FromMilliseconds(5));
            return first == await context.WaitForExternalEvent<Guid>("check") && first != second;
        }));

        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("ids");
        var told = (await HubScene.UntilAsync(hub, id, found => found.SerializedCustomStatus is not null)).ReadCustomStatusAs<Guid>();
        await hub.Client.RaiseEventAsync(id, "go");
        await hub.Client.RaiseEventAsync(id, "check", told);

        Assert.True((await HubScene.EndAsync(hub, id)).ReadOutputAs<bool>());
    }

    [Fact]
    public async Task An_instance_runs_with_the_orchestrator_of_its_version()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, string>("which", (context, _) => Task.FromResult($"any {context.Version} {context.CompareVersionTo("2.0")}"))
            .AddOrchestratorFunc<object?, string>("which", "2.0", (_, _) => Task.FromResult("two")));

        Assert.Equal("any 1.9 -1", (await HubScene.RunAsync(hub, "which", options: new StartOrchestrationOptions { Version = "1.9" })).ReadOutputAs<string>());
        Assert.Equal("two", (await HubScene.RunAsync(hub, "WHICH", options: new StartOrchestrationOptions { Version = "2.0" })).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_instance_that_begins_anew_may_go_on_with_another_version()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<int, string>("upgraded", "1.0", (context, x) =>
            {
                context.ContinueAsNew(x + 1, newVersion: "2.0");
                return Task.FromResult("old");
            })
            .AddOrchestratorFunc<int, string>("upgraded", "2.0", (context, x) => Task.FromResult($"{context.Version} {x}")));

        Assert.Equal("2.0 8", (await HubScene.RunAsync(hub, "upgraded", 7, new StartOrchestrationOptions { Version = "1.0" })).ReadOutputAs<string>());
    }

    [Fact]
    public async Task What_an_orchestrator_logs_is_logged_once_however_often_its_past_is_run_again()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        using var log = new Hosting.RecordedLog();
        var replays = 0;
        var hub = scene.Hub(
            tasks => tasks.AddOrchestratorFunc<object?, int>("talkative", async (context, _) =>
            {
                var logger = context.CreateReplaySafeLogger("Talk");
                for (var i = 0; i < 3; i++)
                {
                    replays += context.IsReplaying ? 1 : 0;
                    logger.Log(LogLevel.Information, default, i, null, (number, _) => $"said {number}");
                    await context.WaitForExternalEvent<int>("next");
                }

                return 1;
            }),
            log: log);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("talkative");
        for (var i = 0; i < 3; i++)
        {
            // It is given back, so that the past is run again for the next event.
            var said = $"said {i}";
            await HubScene.UntilAsync(hub, id, found => found is { RuntimeStatus: OrchestrationRuntimeStatus.Running, Worker: null } && log.Lines.Any(line => line.Text == said));
            await hub.Client.RaiseEventAsync(id, "next", i);
        }

        await HubScene.EndAsync(hub, id);
        Assert.True(replays > 0);
        Assert.Equal(["said 0", "said 1", "said 2"], log.Lines.Select(line => line.Text).Where(text => text.StartsWith("said", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Orchestrations_send_events_to_each_other()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<string, string>("ping", async (context, other) =>
            {
                context.SendEvent(other, "ball", context.InstanceId);
                return await context.WaitForExternalEvent<string>("back");
            })
            .AddOrchestratorFunc<object?, object?>("pong", async (context, _) =>
            {
                context.SendEvent(await context.WaitForExternalEvent<string>("ball"), "back", "thanks");
                return null;
            }));

        var pong = await hub.Client.ScheduleNewOrchestrationInstanceAsync("pong");
        Assert.Equal("thanks", (await HubScene.RunAsync(hub, "ping", pong)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_start_may_wait_for_its_time()
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, DateTime>("when", (context, _) => Task.FromResult(context.CurrentUtcDateTime)));
        var at = DateTimeOffset.UtcNow + TimeSpan.FromMilliseconds(700);

        var ended = await HubScene.RunAsync(hub, "when", options: new StartOrchestrationOptions(StartAt: at));

        Assert.True(ended.CompletedAt >= at - TimeSpan.FromMilliseconds(1));
    }
}
