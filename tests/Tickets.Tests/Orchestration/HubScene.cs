using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;

namespace Tickets.Tests.Orchestration;

/// <summary>A hub database; any number of "processes" work on it.</summary>
internal sealed class HubScene : IAsyncDisposable
{
    private readonly List<TaskHub> _hubs = [];
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();

    private HubScene(string connectionString) =>
        (ConnectionString, Database) = (connectionString, NpgsqlDataSource.Create(connectionString + ";Max Auto Prepare=100"));

    public string ConnectionString { get; }
    public NpgsqlDataSource Database { get; }

    public static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public static async Task<HubScene> CreateAsync(OrchestrationStack stack, string schema = "hot") => new(await stack.CreateDatabaseAsync(schema));

    /// <summary>A process that knows what it is told to; it works at once unless asked not to.</summary>
    public TaskHub Hub(Action<DurableTaskRegistry> tasks, TaskHubOptions? options = null, bool start = true, NpgsqlDataSource? database = null)
    {
        var registry = new DurableTaskRegistry();
        tasks(registry);
        var hub = new TaskHub(database ?? Database, registry, _services, TimeProvider.System, LoggerFactory.Create(_ => { }), options ?? Quick);
        _hubs.Add(hub);
        if (start)
            hub.Start();
        return hub;
    }

    /// <summary>Short leases and looks, so that tests of them are short.</summary>
    public static TaskHubOptions Quick { get; } = new() { Lease = TimeSpan.FromSeconds(2), FirstPause = TimeSpan.FromMilliseconds(10), StopPatience = TimeSpan.FromMilliseconds(200) };

    public static async Task<OrchestrationMetadata> RunAsync(TaskHub hub, TaskName name, object? input = null, StartOrchestrationOptions? options = null)
    {
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync(name, input, options);
        return await hub.Client.WaitForInstanceCompletionAsync(id, Soon);
    }

    public static Task<OrchestrationMetadata> EndAsync(TaskHub hub, string id) => hub.Client.WaitForInstanceCompletionAsync(id, Soon);

    public static async Task<OrchestrationMetadata> UntilAsync(TaskHub hub, string id, Func<OrchestrationMetadata, bool> holds)
    {
        for (var i = 0; i < 1000; i++)
        {
            if (await hub.Client.GetInstanceAsync(id, getInputsAndOutputs: true) is { } found && holds(found))
                return found;
            await Task.Delay(20);
        }

        throw new TimeoutException($"Orchestration '{id}' is still {await hub.Client.GetInstanceAsync(id)}.");
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The process is as good as dead: what it held stays held until the lease ends.</summary>
    public static async Task<T> Within<T>(Task<T> task) => await task.WaitAsync(TimeSpan.FromSeconds(60));

    public async ValueTask DisposeAsync()
    {
        foreach (var hub in _hubs)
            await hub.DisposeAsync();
        await Database.DisposeAsync();
        await _services.DisposeAsync();
    }
}
