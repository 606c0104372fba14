using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Tests.Orchestration;

/// <summary>A fault at every access to the database, one at a time: before it is made, and after it was made with its answer lost (R4).</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class CrashPointTests(OrchestrationStack stack, ITestOutputHelper output)
{
    public static TheoryData<string> References { get; } = new(
        "sequence", "queued sequence", "fan-out", "timer", "event", "sub-orchestration", "retry", "begin anew");

    [Theory]
    [MemberData(nameof(References))]
    public async Task A_fault_at_any_access_ends_in_the_result_of_a_run_without_faults(string reference)
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var accesses = 0;
        var fault = -1;
        var after = false;
        var fired = 0;
        void Code(DurableTaskRegistry tasks) => Declare(tasks);
        var hub = scene.Hub(Code, HubScene.Quick with { LocalActivities = reference == "queued sequence" ? 0 : 8, Lease = TimeSpan.FromMilliseconds(800), LongestLookAway = TimeSpan.FromMilliseconds(100) }, start: false);
        hub.Database.Fault = (access, isAfter) =>
        {
            // The watch and the test's own questions come when they like; everything else comes in the course of the work.
            if (access is "report" or "renew" or "peek" or "next due" or "get" or "ended" or "renew activities")
                return;
            if (isAfter != after)
                return;
            if (Interlocked.Increment(ref accesses) == fault)
            {
                Interlocked.Increment(ref fired);
                throw new NpgsqlException($"A planted fault {(after ? "after" : "before")} '{access}'.");
            }
        };
        hub.Start();

        var expected = await RunAsync(hub, reference, "free");
        var total = 0;
        foreach (var when in new[] { false, true })
        {
            after = when;
            Volatile.Write(ref accesses, 0);
            fault = int.MaxValue;
            Assert.Equal(expected, await RunAsync(hub, reference, $"count-{when}"));
            var most = Volatile.Read(ref accesses);
            for (var n = 1; n <= most; n++)
            {
                Volatile.Write(ref accesses, 0);
                fault = n;
                Assert.Equal(expected, await RunAsync(hub, reference, $"{when}-{n}"));
                fault = -1;
                total++;
            }
        }

        output.WriteLine($"N = {total} faults planted in '{reference}', {fired} of them fired");
        Assert.True(fired >= total / 2);
        // Every step is recorded once, and nothing is left behind.
        Assert.Equal(0, await scene.ScalarAsync<long>("select (select count(*) from orchestration_ready) + (select count(*) from orchestration_inbox) + (select count(*) from orchestration_activities)"));
    }

    private static void Declare(DurableTaskRegistry tasks) => tasks
        .AddOrchestratorFunc<int, int>("sequence", async (context, x) => await context.CallActivityAsync<int>("double", await context.CallActivityAsync<int>("plus", x)))
        .AddOrchestratorFunc<int, int>("fan-out", async (context, x) => (await Task.WhenAll(Enumerable.Range(0, 12).Select(i => context.CallActivityAsync<int>("plus", x + i)))).Sum())
        .AddOrchestratorFunc<int, int>("timer", async (context, x) =>
        {
            await context.CreateTimer(TimeSpan.FromMilliseconds(20));
            return await context.CallActivityAsync<int>("plus", x);
        })
        .AddOrchestratorFunc<int, int>("event", async (context, x) => x + await context.WaitForExternalEvent<int>("n"))
        .AddOrchestratorFunc<int, int>("sub-orchestration", async (context, x) => await context.CallSubOrchestratorAsync<int>("sequence", x) + await context.CallActivityAsync<int>("plus", x))
        .AddOrchestratorFunc<int, int>("retry", (context, x) => context.CallActivityAsync<int>("third time", x, TaskOptions.FromRetryPolicy(new RetryPolicy(4, TimeSpan.FromMilliseconds(5)))))
        .AddOrchestratorFunc<int, int>("begin anew", async (context, x) =>
        {
            var next = await context.CallActivityAsync<int>("plus", x);
            if (next < 9)
                context.ContinueAsNew(next);
            return next;
        })
        .AddActivityFunc<int, int>("plus", (_, x) => Task.FromResult(x + 1))
        .AddActivityFunc<int, int>("double", (_, x) => Task.FromResult(x * 2))
        .AddActivityFunc<int, int>("third time", (context, x) => context.Attempt < 3 ? throw new IOException("not yet") : Task.FromResult(x));

    /// <summary>As a caller does that cannot tell what came of its call: it tries again under the same id.</summary>
    private static async Task<int> RunAsync(TaskHub hub, string reference, string run)
    {
        var id = $"{reference}-{run}";
        var name = reference == "queued sequence" ? "sequence" : reference;
        await AgainAsync(async () =>
        {
            try
            {
                await hub.Client.ScheduleNewOrchestrationInstanceAsync(name, 6, new StartOrchestrationOptions(id));
            }
            catch (OrchestrationAlreadyExistsException)
            {
                // The try before did it.
            }
        });
        if (reference == "event")
            await AgainAsync(() => hub.Client.RaiseEventAsync(id, "n", 100));
        return (await HubScene.EndAsync(hub, id)).ReadOutputAs<int>();
    }

    private static async Task AgainAsync(Func<Task> call)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await call();
                return;
            }
            catch (OutcomeUnknownException) when (attempt < 3)
            {
                // The next try tells.
            }
        }
    }
}
