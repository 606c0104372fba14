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
    private static readonly string[] References = ["sequence", "queued sequence", "fan-out", "timer", "event", "sub-orchestration", "retry", "cancel", "begin anew"];

    /// <summary>Made by clocks and not by the work: what they are about lasts until they are struck.</summary>
    private static readonly string[] ByTheClock = ["renew", "renew activities", "peek", "report", "next due", "tokens"];

    private static readonly TaskHubOptions Impatient = HubScene.Quick with
    {
        Lease = TimeSpan.FromMilliseconds(600),
        LocalPatience = TimeSpan.FromMilliseconds(400),
        LongestLookAway = TimeSpan.FromMilliseconds(100),
        AwayPause = TimeSpan.FromMilliseconds(20),
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
        var (strikes, took) = (new Strikes(), Stopwatch.StartNew());
        await StrikeWorkAsync(scene, reference, strikes);
        foreach (var after in new[] { false, true })
            await StrikeClocksAsync(scene, reference, strikes, after);

        // How often a worker claims and asks depends on how fast it is, so not every fault need come about; what must be there must be struck, in both ways.
        foreach (var access in Certain(reference))
        {
            foreach (var after in new[] { false, true })
                Assert.True(strikes.Struck.Contains((access, after)), $"'{reference}': '{access}' was never struck {(after ? "after" : "before")} it was made.");
        }

        // Every step is recorded once, and nothing is left behind.
        Assert.Equal(0, await scene.ScalarAsync<long>("select (select count(*) from orchestration_ready) + (select count(*) from orchestration_inbox) + (select count(*) from orchestration_activities)"));
        return $"'{reference}': {strikes.Planted} faults planted, {strikes.Fired} came about at {string.Join(", ", strikes.Struck.Select(struck => struck.Access).Distinct().Order(StringComparer.Ordinal))}; {took.Elapsed.TotalSeconds:0.0} s";
    }

    /// <summary>Each access that the run without faults makes, one after the other.</summary>
    private static async Task StrikeWorkAsync(HubScene scene, string reference, Strikes strikes)
    {
        await using var hub = Hub(scene, reference, strikes, Impatient);
        hub.Start();
        var run = new Reference(hub, reference, strikes);
        strikes.Plant(null, 0, after: false);
        strikes.Expected = await run.RunAsync("free");
        var accesses = strikes.Accesses.Where(access => !ByTheClock.Contains(access.Key)).ToDictionary(StringComparer.Ordinal);
        foreach (var after in new[] { false, true })
        {
            foreach (var (access, count) in accesses)
            {
                for (var n = 1; n <= count; n++)
                {
                    strikes.Plant(access, n, after);
                    Assert.Equal(strikes.Expected, await run.RunAsync($"{access}-{n}-{after}"));
                }
            }

            if (HoldsActivities(reference))
            {
                strikes.Plant("tokens", 1, after);
                Assert.Equal(strikes.Expected, await run.RunAsync($"tokens-{after}", lasting: true));
            }
        }

        strikes.Plant(null, 0, after: false);
    }

    private static async Task StrikeClocksAsync(HubScene scene, string reference, Strikes strikes, bool after)
    {
        await using var hub = Hub(scene, reference, strikes, Impatient with { LocalPatience = TimeSpan.FromMinutes(10) });
        var run = new Reference(hub, reference, strikes);
        strikes.Plant("report", 1, after);
        hub.Start();
        await strikes.UntilStruckAsync();
        List<string> accesses = ["next due", .. HoldsActivities(reference) ? ["renew", "peek"] : reference == "queued sequence" ? new[] { "renew activities" } : []];
        foreach (var access in accesses)
        {
            strikes.Plant(access, 1, after);
            Assert.Equal(strikes.Expected, await run.RunAsync($"{access}-{after}", lasting: access != "next due", nudge: access == "peek"));
            await strikes.UntilStruckAsync();
        }

        strikes.Plant(null, 0, after: false);
    }

    private static TaskHub Hub(HubScene scene, string reference, Strikes strikes, TaskHubOptions options)
    {
        var hub = scene.Hub(tasks => Declare(tasks, strikes), options with { LocalActivities = reference == "queued sequence" ? 0 : 8 }, start: false);
        hub.Database.Fault = strikes.At;
        return hub;
    }

    private static bool HoldsActivities(string reference) => reference is "sequence" or "timer" or "sub-orchestration" or "retry" or "begin anew";

    private static IEnumerable<string> Certain(string reference) =>
    [
        "claim instances", "commit", "report", "next due",
        .. HoldsActivities(reference) ? ["renew", "peek", "tokens"] : Array.Empty<string>(),
        .. reference switch
        {
            "queued sequence" => ["claim activities", "renew activities", "load"],
            "cancel" => ["terminate"],
            _ => Array.Empty<string>(),
        },
    ];

    private static void Declare(DurableTaskRegistry tasks, Strikes strikes) => tasks
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
        .AddOrchestratorFunc<int, int>("cancel", async (context, x) =>
        {
            var child = context.CallSubOrchestratorAsync<int>("event", x);
            return await child + await context.WaitForExternalEvent<int>("never");
        })
        .AddOrchestratorFunc<int, int>("begin anew", async (context, x) =>
        {
            var next = await context.CallActivityAsync<int>("plus", x);
            if (next < 9)
                context.ContinueAsNew(next);
            return next;
        })
        .AddActivityFunc<int, int>("plus", async (context, x) =>
        {
            await strikes.LastAsync(context.Cancellation);
            return x + 1;
        })
        .AddActivityFunc<int, int>("double", (_, x) => Task.FromResult(x * 2))
        .AddActivityFunc<int, int>("third time", async (context, x) =>
        {
            await strikes.LastAsync(context.Cancellation);
            return context.Attempt < 3 ? throw new IOException("not yet") : x;
        });

    /// <summary>Runs an orchestration as a caller does that cannot tell what came of its call: it tries again under the same id.</summary>
    private sealed class Reference(TaskHub hub, string reference, Strikes strikes)
    {
        /// <param name="lasting">Its activities last until the planted fault has struck.</param>
        /// <param name="nudge">It is told of this and that until then.</param>
        /// <returns>How it ended.</returns>
        public async Task<string> RunAsync(string run, bool lasting = false, bool nudge = false)
        {
            var id = $"{reference}-{run}";
            strikes.Lasting = lasting;
            await AgainAsync(async () =>
            {
                try
                {
                    await hub.Client.ScheduleNewOrchestrationInstanceAsync(reference == "queued sequence" ? "sequence" : reference, 6, new StartOrchestrationOptions(id));
                }
                catch (OrchestrationAlreadyExistsException)
                {
                    // The try before did it.
                }
            });
            if (reference == "event")
                await AgainAsync(() => hub.Client.RaiseEventAsync(id, "n", 100));
            // What ends before it began is claimed by nobody.
            if (reference == "cancel")
            {
                await AgainAsync(() => hub.Client.WaitForInstanceStartAsync(id));
                await AgainAsync(() => hub.Client.TerminateInstanceAsync(id, "enough", recursive: true));
            }

            while (nudge && !strikes.IsStruck)
            {
                await AgainAsync(() => hub.Client.RaiseEventAsync(id, "nudge"));
                await Task.Delay(20);
            }

            try
            {
                var ended = await HubScene.EndAsync(hub, id);
                return $"{ended.RuntimeStatus} {ended.SerializedOutput}";
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
                catch (Exception fault) when (attempt < 3 && fault is OutcomeUnknownException or NpgsqlException)
                {
                    // The next try tells.
                }
            }
        }
    }

    /// <summary>One fault at one access of a kind, counted from when it was planted.</summary>
    private sealed class Strikes
    {
        private readonly Lock _gate = new();
        private string? _access;
        private int _at;
        private bool _after;
        private Dictionary<string, int> _accesses = new(StringComparer.Ordinal);
        private TaskCompletionSource _struck = new();

        public string Expected { get; set; } = "";
        public bool IsStruck => _struck.Task.IsCompleted;
        public int Planted { get; private set; }
        public int Fired { get; private set; }
        public bool Lasting { get; set; }

        /// <summary>What was struck, and whether after it was made.</summary>
        public HashSet<(string Access, bool After)> Struck { get; } = [];

        /// <summary>How many there were of each kind since the last fault was planted.</summary>
        public IReadOnlyDictionary<string, int> Accesses
        {
            get
            {
                lock (_gate)
                    return _accesses.ToDictionary(StringComparer.Ordinal);
            }
        }

        public void Plant(string? access, int at, bool after)
        {
            lock (_gate)
            {
                (_access, _at, _after, _accesses, _struck) = (access, at, after, new Dictionary<string, int>(StringComparer.Ordinal), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                Planted += access is null ? 0 : 1;
            }
        }

        public Task UntilStruckAsync() => _struck.Task.WaitAsync(HubScene.Soon);

        public Task LastAsync(CancellationToken cancel) => Lasting ? _struck.Task.WaitAsync(cancel) : Task.CompletedTask;

        public void At(string access, bool isAfter)
        {
            lock (_gate)
            {
                // What strikes after counts what was made.
                if (isAfter != _after)
                    return;
                var count = _accesses[access] = _accesses.GetValueOrDefault(access) + 1;
                if (access != _access || count != _at)
                    return;
                Fired++;
                Struck.Add((access, isAfter));
                _struck.TrySetResult();
            }

            throw new NpgsqlException($"A planted fault {(isAfter ? "after" : "before")} '{access}'.");
        }
    }
}
