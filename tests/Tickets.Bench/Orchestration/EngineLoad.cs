using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Platform;

namespace Tickets.Bench.Orchestration;

/// <summary>One process that starts orchestrations and works on them: the product's side of the comparison, in this process.</summary>
internal sealed class EngineLoad : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;

    private EngineLoad(NpgsqlDataSource database, TaskHubOptions options)
    {
        _database = database;
        var registry = new DurableTaskRegistry()
            .AddOrchestratorFunc<int, int>("two", static async (context, x) => await context.CallActivityAsync<int>("double", await context.CallActivityAsync<int>("plus", x)))
            .AddOrchestratorFunc<int, string>("listen", static async (context, ms) =>
            {
                var told = await context.WaitForExternalEvent<string>("go");
                await context.CreateTimer(TimeSpan.FromMilliseconds(ms));
                return told;
            })
            .AddOrchestratorFunc<DateTime, double>("due", static async (context, at) =>
            {
                await context.CreateTimer(at);
                return (context.CurrentUtcDateTime - at).TotalMilliseconds;
            })
            .AddOrchestratorFunc<DateTime, int>("far", static async (context, at) =>
            {
                await context.CreateTimer(at);
                return 0;
            })
            .AddActivityFunc<int, int>("plus", static (_, x) => Task.FromResult(x + 1))
            .AddActivityFunc<int, int>("double", static (_, x) => Task.FromResult(x * 2));
        Hub = new TaskHub(database, registry, new NoServices(), TimeProvider.System, NullLoggerFactory.Instance, options);
        Hub.Start();
    }

    public TaskHub Hub { get; }

    public static async Task<EngineLoad> StartAsync(string connectionString, TaskHubOptions? options = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 12, MaxAutoPrepare = 200, AutoPrepareMinUsages = 2, NoResetOnClose = true };
        var database = NpgsqlDataSource.Create(settings);
        await SchemaUpgrade.ApplyAsync(database, "hot", NullLogger.Instance, CancellationToken.None);
        return new EngineLoad(database, options ?? new TaskHubOptions());
    }

    /// <returns>Orchestrations a second, and the median time of one in milliseconds.</returns>
    public async Task<(double PerSecond, double Median)> RunAsync(int inFlight, int count, Func<DurableTaskClient, int, Task> one)
    {
        var times = new double[count];
        var next = -1;
        var whole = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var i && i < count)
            {
                var from = Stopwatch.GetTimestamp();
                await one(Hub.Client, i);
                times[i] = Stopwatch.GetElapsedTime(from).TotalMilliseconds;
            }
        })));
        Array.Sort(times);
        return (count / whole.Elapsed.TotalSeconds, times[count / 2]);
    }

    public static async Task TwoAsync(DurableTaskClient client, int i)
    {
        var id = await client.ScheduleNewOrchestrationInstanceAsync("two", i);
        var ended = await client.WaitForInstanceCompletionAsync(id);
        if (ended.ReadOutputAs<int>() != (i + 1) * 2)
            throw new BenchException($"Orchestration {id} answered {ended.SerializedOutput}.");
    }

    public static async Task ListenAsync(DurableTaskClient client, int i)
    {
        var id = await client.ScheduleNewOrchestrationInstanceAsync("listen", 50);
        await client.RaiseEventAsync(id, "go", "hello");
        if ((await client.WaitForInstanceCompletionAsync(id)).ReadOutputAs<string>() != "hello")
            throw new BenchException($"Orchestration {i} lost its event.");
    }

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>The bench's activities need nothing.</summary>
    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
