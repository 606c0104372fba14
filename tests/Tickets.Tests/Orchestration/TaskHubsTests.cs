using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;

namespace Tickets.Tests.Orchestration;

/// <summary>The hubs of a process: one for each of its databases.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class TaskHubsTests(OrchestrationStack stack)
{
    [Fact]
    public async Task What_was_missed_is_looked_for_before_a_hub_takes_up_any_work_and_holds_up_no_other_hub()
    {
        var (hot, settings) = (await stack.CreateDatabaseAsync(), await stack.CreateDatabaseAsync("settings"));
        var options = new TicketsOptions { SettingsDatabase = settings, Shards = new Dictionary<string, string> { ["hot-0"] = hot } };
        await using var shards = new ShardSet(options);
        await using var settingsDatabase = NpgsqlDataSource.Create(settings);
        await using var services = new ServiceCollection().BuildServiceProvider();
        var (asked, swept) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var hubs = new TaskHubs(
            shards,
            settingsDatabase,
            [tasks => tasks.AddOrchestratorFunc<int, int>("same", (_, x) => Task.FromResult(x))],
            [(hub, _) =>
            {
                if (hub != "hot-0")
                    return Task.CompletedTask;
                asked.TrySetResult();
                return swept.Task;
            }],
            new TaskHubsOptions(HubScene.Quick),
            services,
            TimeProvider.System,
            NullLoggerFactory.Instance);
        var waiting = await hubs["hot-0"].Client.ScheduleNewOrchestrationInstanceAsync("same", 1);
        var other = await hubs.Settings.Client.ScheduleNewOrchestrationInstanceAsync("same", 2);

        await hubs.StartAsync(CancellationToken.None);
        await asked.Task.WaitAsync(HubScene.Soon);

        Assert.Equal(2, (await HubScene.EndAsync(hubs.Settings, other)).ReadOutputAs<int>());
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await hubs["hot-0"].Client.GetInstanceAsync(waiting))!.RuntimeStatus);
        swept.SetResult();
        Assert.Equal(1, (await HubScene.EndAsync(hubs["hot-0"], waiting)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Hubs_whose_services_go_away_while_they_begin_end_without_a_fault()
    {
        var (hot, settings) = (await stack.CreateDatabaseAsync(), await stack.CreateDatabaseAsync("settings"));
        await using var shards = new ShardSet(new TicketsOptions { SettingsDatabase = settings, Shards = new Dictionary<string, string> { ["hot-0"] = hot } });
        await using var settingsDatabase = NpgsqlDataSource.Create(settings);
        var services = new ServiceCollection().AddSingleton<object>().BuildServiceProvider();
        // Told apart from the asking itself: what waits here must not stop the hubs before they have met the fault.
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        PrepareHub prepare = (_, _) =>
        {
            asked.TrySetResult();
            return Task.FromResult(services.GetRequiredService<object>());
        };
        var hubs = new TaskHubs(shards, settingsDatabase, [], [prepare], new TaskHubsOptions(HubScene.Quick), services, TimeProvider.System, NullLoggerFactory.Instance);

        await services.DisposeAsync();
        await hubs.StartAsync(CancellationToken.None);
        await asked.Task.WaitAsync(HubScene.Soon);
        await hubs.DisposeAsync();
    }

    [Fact]
    public async Task The_settings_database_carries_the_same_tables_as_a_shard()
    {
        await using var scene = await HubScene.CreateAsync(stack, "settings");
        var hub = scene.Hub(tasks => tasks.AddOrchestratorFunc<int, int>("same", (_, x) => Task.FromResult(x)));
        Assert.Equal(9, (await HubScene.RunAsync(hub, "same", 9)).ReadOutputAs<int>());
    }
}
