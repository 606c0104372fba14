using System.Diagnostics;
using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Tests.Orchestration;

/// <summary>A fault at every access to the database, one at a time: before it is made, and after it was made with its answer lost (R4).</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class CrashPointTests(OrchestrationStack stack, ITestOutputHelper output)
{
    private static readonly string[] References = ["sequence", "queued sequence", "fan-out", "timer", "event", "sub-orchestration", "retry", "begin anew"];

    private static readonly TaskHubOptions Impatient = HubScene.Quick with
    {
        Lease = TimeSpan.FromMilliseconds(600),
        LongestLookAway = TimeSpan.FromMilliseconds(100),
        AwayPause = TimeSpan.FromMilliseconds(20),
        // A slow machine loses such short leases more often than the faults do.
        MaxAttempts = 1_000,
    };

    /// <summary>Most of the time goes by in waiting for leases of workers that were struck, so all references wait at once, each in a database of its own.</summary>
    [Fact]
    public async Task A_fault_at_any_access_ends_in_the_result_of_a_run_without_faults()
    {
        foreach (var told in await Task.WhenAll(References.Select(StrikeAsync)))
            output.WriteLine(told);
    }

    private async Task<string> StrikeAsync(string reference)
    {
        await using var scene = await HubScene.CreateAsync(stack);
        var strikes = new Strikes();
        var hub = scene.Hub(Declare, Impatient with { LocalActivities = reference == "queued sequence" ? 0 : 8 }, start: false);
        hub.Database.Fault = strikes.At;
        hub.Start();

        var took = Stopwatch.StartNew();
        var expected = await RunAsync(hub, reference, "free");
        var planted = 0;
        foreach (var after in new[] { false, true })
        {
            strikes.Plant(int.MaxValue, after);
            Assert.Equal(expected, await RunAsync(hub, reference, $"count-{after}"));
            var most = strikes.Accesses;
            for (var n = 1; n <= most; n++)
            {
                strikes.Plant(n, after);
                Assert.Equal(expected, await RunAsync(hub, reference, $"{after}-{n}"));
                planted++;
            }
        }

        strikes.Plant(int.MaxValue, after: false);
        // How often a worker looks depends on how fast it is, so not every fault need come about; each kind must, in both ways.
        foreach (var access in new[] { "claim instances", "commit" })
        {
            foreach (var after in new[] { false, true })
                Assert.Contains((access, after), strikes.Struck);
        }

        // Every step is recorded once, and nothing is left behind.
        Assert.Equal(0, await scene.ScalarAsync<long>("select (select count(*) from orchestration_ready) + (select count(*) from orchestration_inbox) + (select count(*) from orchestration_activities)"));
        return $"'{reference}': {planted} faults planted, {strikes.Fired} came about, {took.Elapsed.TotalSeconds:0.0} s";
    }

    /// <summary>One fault at one access, counted from when it was planted.</summary>
    private sealed class Strikes
    {
        private readonly Lock _gate = new();
        private int _at = int.MaxValue;
        private bool _after;

        public int Accesses { get; private set; }
        public int Fired { get; private set; }

        /// <summary>What was struck, and whether after it was made.</summary>
        public HashSet<(string Access, bool After)> Struck { get; } = [];

        public void Plant(int at, bool after)
        {
            lock (_gate)
                (_at, _after, Accesses) = (at, after, 0);
        }

        public void At(string access, bool isAfter)
        {
            // The watch and the test's own questions come when they like; everything else comes in the course of the work.
            if (access is "report" or "renew" or "peek" or "next due" or "get" or "ended" or "renew activities")
                return;
            lock (_gate)
            {
                if (isAfter != _after || ++Accesses != _at)
                    return;
                Fired++;
                Struck.Add((access, isAfter));
            }

            throw new NpgsqlException($"A planted fault {(isAfter ? "after" : "before")} '{access}'.");
        }
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
        try
        {
            return (await HubScene.EndAsync(hub, id)).ReadOutputAs<int>();
        }
        catch (OperationCanceledException fault)
        {
            throw new TimeoutException($"'{id}' did not end: {await hub.Client.GetInstanceAsync(id, getInputsAndOutputs: true)}.", fault);
        }
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
