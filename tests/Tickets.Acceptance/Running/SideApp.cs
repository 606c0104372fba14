using Npgsql;
using Tickets.Local;

namespace Tickets.Acceptance.Running;

/// <summary>Processes of the app with databases of their own on the servers that all tests share: to configure and to break without disturbing others.</summary>
public sealed class SideApp : IAsyncDisposable
{
    private static int _prefixes;

    private readonly string _server;

    private SideApp(LocalStack stack, string server) => (Stack, _server) = (stack, server);

    public LocalStack Stack { get; }

    public Api Admin { get; private init; } = null!;

    public static Task<SideApp> StartAsync(RunningApp shared, bool withApp = true, params (string Name, string Value)[] environment) =>
        StartAsync(shared, options => options with { WithApp = withApp, AppEnvironment = environment.ToDictionary(variable => variable.Name, variable => variable.Value) });

    /// <summary>With a Service Bus of its own, to which it publishes.</summary>
    public static Task<SideApp> StartPublishingAsync(RunningApp shared) => StartAsync(shared, options => options with { WithApp = true, WithServiceBus = true });

    private static async Task<SideApp> StartAsync(RunningApp shared, Func<LocalStackOptions, LocalStackOptions> change)
    {
        var server = shared.Stack.Postgres!.ConnectionString("postgres");
        var stack = await LocalStack.StartAsync(change(LocalStackOptions.ForTests() with
        {
            ExistingPostgres = server,
            ExistingStorage = shared.Stack.StorageConnectionString,
            DatabasePrefix = $"side_{Interlocked.Increment(ref _prefixes)}",
        }));
        if (stack.Apps.Count == 0)
            return new SideApp(stack, server);

        var side = new SideApp(stack, server) { Admin = new Api(stack.Apps[0].Address, stack.DevelopmentKey) };
        await RunningApp.PutWorkflowAsync(side.Admin);
        return side;
    }

    public Task<string> NewQueueAsync(string? shard = null) => RunningApp.NewQueueAsync(Admin, shard);

    /// <summary>Lets nobody into a database until <see cref="OpenAsync"/>, and ends the sessions that are in it.</summary>
    public async Task CloseAsync(string connectionString)
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString).Database!;
        await ExecuteAsync($"alter database {database} allow_connections false");
        // Those that wait for a lock are gone before its holder lets go of it: what waits at this moment does not come about.
        await ExecuteAsync($"select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '{database}' and wait_event_type = 'Lock'");
        await ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}'");
    }

    public Task OpenAsync(string connectionString) =>
        ExecuteAsync($"alter database {new NpgsqlConnectionStringBuilder(connectionString).Database} allow_connections true");

    public ValueTask DisposeAsync() => Stack.DisposeAsync();

    private async Task ExecuteAsync(string sql)
    {
        await using var server = NpgsqlDataSource.Create(_server);
        await using var command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
