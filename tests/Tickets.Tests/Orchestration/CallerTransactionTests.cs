using Npgsql;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Tests.Orchestration;

/// <summary>Starts and events as part of what else the caller writes.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class CallerTransactionTests(OrchestrationStack stack)
{
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
}
