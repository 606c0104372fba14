using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;

namespace Tickets.Tests.Orchestration;

/// <summary>A hub database; any number of "processes" work on it.</summary>
internal sealed class HubScene : IAsyncDisposable
{
    // A machine that is busy with other things is no failure.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly List<TaskHub> _hubs = [];
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();

    private HubScene(string connectionString) =>
        (ConnectionString, Database) = (connectionString, NpgsqlDataSource.Create(connectionString + ";Max Auto Prepare=100"));

    public string ConnectionString { get; }
    public NpgsqlDataSource Database { get; }

    public static CancellationToken Soon => new CancellationTokenSource(Patience).Token;

    public static async Task<HubScene> CreateAsync(OrchestrationStack stack, string schema = "hot") => new(await stack.CreateDatabaseAsync(schema));

    /// <summary>A process that knows what it is told to; it works at once unless asked not to.</summary>
    public TaskHub Hub(Action<DurableTaskRegistry> tasks, TaskHubOptions? options = null, bool start = true, string name = "hub", ILoggerProvider? log = null)
    {
        var registry = new DurableTaskRegistry();
        tasks(registry);
        var hub = new TaskHub(Database, registry, _services, TimeProvider.System, LoggerFactory.Create(logging => Provide(logging, log)), options ?? Quick, hub: name);
        _hubs.Add(hub);
        if (start)
            hub.Start();
        return hub;
    }

    private static void Provide(ILoggingBuilder logging, ILoggerProvider? log)
    {
        if (log is not null)
            logging.AddProvider(log);
    }

    /// <summary>Short pauses, so that tests of them are short. Leases are long: a process that is slow must not lose them where that is not what is tested.</summary>
    public static TaskHubOptions Quick { get; } = new() { FirstPause = TimeSpan.FromMilliseconds(10), StopPatience = TimeSpan.FromMilliseconds(200) };

    public static async Task<OrchestrationMetadata> RunAsync(TaskHub hub, TaskName name, object? input = null, StartOrchestrationOptions? options = null)
    {
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync(name, input, options);
        return await hub.Client.WaitForInstanceCompletionAsync(id, Soon);
    }

    public static Task<OrchestrationMetadata> EndAsync(TaskHub hub, string id) => hub.Client.WaitForInstanceCompletionAsync(id, Soon);

    public static async Task<OrchestrationMetadata> UntilAsync(TaskHub hub, string id, Func<OrchestrationMetadata, bool> holds)
    {
        OrchestrationMetadata? found = null;
        await UntilAsync(async () => (found = await hub.Client.GetInstanceAsync(id, getInputsAndOutputs: true)) is not null && holds(found), () => $"Orchestration '{id}' is still {found}.");
        return found!;
    }

    public static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string>? told = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(waited.Elapsed < Patience, told?.Invoke() ?? "It is still not so.");
            await Task.Delay(20);
        }
    }

    public Task<T> ScalarAsync<T>(string sql) => Database.ScalarAsync<T>(sql);

    public Task ExecuteAsync(string sql) => Database.ExecuteAsync(sql);

    public async ValueTask DisposeAsync()
    {
        foreach (var hub in _hubs)
            await hub.DisposeAsync();
        await Database.DisposeAsync();
        await _services.DisposeAsync();
    }
}
