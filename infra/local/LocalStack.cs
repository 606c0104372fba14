using System.Collections.Concurrent;
using Tickets.Local.Postgres;
using Tickets.Local.Processes;

namespace Tickets.Local;

/// <summary>
/// PostgreSQL, Azurite, Service Bus and the function app as processes of this machine, on loopback only. Everything started here ends
/// with the stack: when it is disposed, and also when its process is killed.
/// </summary>
public sealed class LocalStack : IAsyncDisposable
{
    private readonly LocalStackOptions _options;
    private readonly StackDirectory _directory;
    private readonly ConcurrentBag<AppProcess> _apps = [];
    private StackDatabases? _databases;
    private DatabaseBelongings _belongings;
    private string? _storage;
    private string? _serviceBusConnection;
    private int _appsStarted;
    private bool _disposed;

    private LocalStack(LocalStackOptions options, StackDirectory directory) => (_options, _directory, _belongings) = (options, directory, directory.Own);

    /// <summary>Connection string of the settings database.</summary>
    public string SettingsDatabase => _databases!.Settings;

    /// <summary>Connection strings of the hot shards by name: <c>hot-0</c>, <c>hot-1</c>, ….</summary>
    public IReadOnlyDictionary<string, string> Shards => _databases!.Shards;

    /// <summary>Of Azurite or the account named in its place.</summary>
    /// <exception cref="InvalidOperationException">The stack was started without storage.</exception>
    public string StorageConnectionString => _storage ?? throw new InvalidOperationException("The stack runs without storage.");

    /// <summary>Of the local broker or the namespace named in its place.</summary>
    /// <exception cref="InvalidOperationException">The stack was started without Service Bus.</exception>
    public string ServiceBusConnectionString => _serviceBusConnection ?? throw new InvalidOperationException("The stack runs without Service Bus.");

    /// <summary>The stack's own broker; null when there is none or an existing namespace is used.</summary>
    public ServiceBusBroker? ServiceBus { get; private set; }

    /// <summary>The stack's own Azurite; null when there is none or an existing account is used.</summary>
    public AzuriteServer? Storage { get; private set; }

    /// <summary>The stack's own server; null when an existing one is used.</summary>
    public PostgresServer? Postgres { get; private set; }

    /// <summary>Every app process started so far, in the order of their start; some may have been stopped.</summary>
    public IReadOnlyList<AppProcess> Apps => [.. _apps.OrderBy(app => app.LogFile, StringComparer.Ordinal)];

    /// <summary>The full text of an administrator's API key for all queues; null while no app has been started.</summary>
    public string? DevelopmentKey { get; private set; }

    public string LogDirectory => _directory.Logs;

    /// <summary>Returns when everything asked for answers.</summary>
    /// <exception cref="LocalStackException">It cannot be started; the message says why.</exception>
    public static async Task<LocalStack> StartAsync(LocalStackOptions options, CancellationToken cancellationToken = default)
    {
        if (OperatingSystem.IsWindows())
            throw new LocalStackException("The local stack runs on Linux, also under WSL.");
        if (options.WipeAtEnd)
            StackDirectory.WipeAbandoned(LocalStackOptions.TestDirectories, LocalStackOptions.TestDirectoryPrefix + "*");

        var stack = new LocalStack(options, StackDirectory.Claim(options.DataDirectory));
        try
        {
            await stack.StartAsync(cancellationToken);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more app process on the same databases and storage.</summary>
    /// <param name="port">To listen on where it is free; 0 prefers none.</param>
    public async Task<AppProcess> StartAppAsync(int port = 0, CancellationToken cancellationToken = default)
    {
        DevelopmentKey ??= await Local.DevelopmentKey.EnsureAsync(_belongings.DevelopmentKey, SettingsDatabase, cancellationToken);
        var configuration = new Dictionary<string, string> { ["Settings__Database"] = SettingsDatabase };
        foreach (var (shard, connectionString) in Shards)
            configuration[$"Shards__{shard.Replace('-', '_')}"] = connectionString;
        if (_storage is not null) configuration["Storage__ConnectionString"] = _storage;
        configuration["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development";
        // Receivers of a developer are on this machine.
        configuration["Webhooks__AllowPrivate"] = "true";
        if (_serviceBusConnection is not null) configuration["ServiceBusConnection"] = _serviceBusConnection;

        var name = $"app-{Interlocked.Increment(ref _appsStarted):00}";
        var app = await AppProcess.StartAsync(name, port, configuration, _directory, _options, cancellationToken);
        _apps.Add(app);
        return app;
    }

    /// <summary>Completes with a sentence when something that runs now has ended by itself.</summary>
    public async Task<string> WaitForFailureAsync(CancellationToken cancellationToken = default)
    {
        async Task<string> Watch(string name, Task<string> exited, string log) => $"{name} has ended ({await exited}); its log: {log}";

        List<Task<string>> watched = [.. Apps.Where(app => !app.HasExited).Select(app => Watch("The function app", app.Exited, app.LogFile))];
        if (Postgres is not null) watched.Add(Watch("PostgreSQL", Postgres.Exited, Postgres.LogFile));
        if (Storage is not null) watched.Add(Watch("Azurite", Storage.Exited, _directory.LogFile("azurite")));
        if (ServiceBus is not null) watched.Add(Watch("Service Bus", ServiceBus.Exited, _directory.LogFile("servicebus")));
        return watched.Count == 0
            ? await new TaskCompletionSource<string>().Task.WaitAsync(cancellationToken)
            : await await Task.WhenAny(watched).WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await Task.WhenAll(_apps.Select(app => app.DisposeAsync().AsTask()));
        // After the apps, which use them to the end.
        await Task.WhenAll(Postgres?.DisposeAsync().AsTask() ?? Task.CompletedTask, Storage?.DisposeAsync().AsTask() ?? Task.CompletedTask, ServiceBus?.DisposeAsync().AsTask() ?? Task.CompletedTask);
        if (_options.WipeAtEnd) _directory.Wipe();
        _directory.Dispose();
        if (_options.WipeAtEnd) _directory.DeleteLock();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before anything is started or wiped for it.
        if (_options is { WithStorage: true, ExistingStorage: { } account }) _storage = ExistingStorage.Check(account);
        await LeftoverProcesses.WaitUntilGoneAsync(_directory.Pids, cancellationToken);
        if (_options.WipeAtStart) _directory.BeginAnew();
        _directory.SetLastLogsAside();
        _directory.Announce(address: null);

        var needsInstallation = _options.ExistingPostgres is null || (_options.WithStorage && _options.ExistingStorage is null) || (_options.WithServiceBus && _options.ExistingServiceBus is null);
        var installation = needsInstallation ? await Installation.EnsureAsync(_options.Progress, cancellationToken) : null;
        if (_options.ExistingPostgres is { } existing)
        {
            await UseExistingPostgresAsync(existing, cancellationToken);
            await Task.WhenAll(StartStorageAsync(installation, cancellationToken), StartServiceBusAsync(installation, cancellationToken));
        }
        else
        {
            // All at once, and all to their end: one that is still starting when another fails would be left running.
            await Task.WhenAll(StartPostgresAsync(installation!, cancellationToken), StartStorageAsync(installation, cancellationToken), StartServiceBusAsync(installation, cancellationToken));
        }

        if (!_options.WithApp) return;

        _options.Progress?.Report("Starting the function app");
        var app = await StartAppAsync(_options.AppPort, cancellationToken);
        _directory.Announce(app.Address.ToString());
    }

    private async Task UseExistingPostgresAsync(string existing, CancellationToken cancellationToken)
    {
        var server = ExistingPostgres.Parse(existing);
        await ExistingPostgres.CheckAsync(server, cancellationToken);
        _databases = await CreateDatabasesAsync(server.ConnectionString, cancellationToken);
        _belongings = _directory.Of(_databases.Identity);
    }

    private async Task StartPostgresAsync(Installation installation, CancellationToken cancellationToken)
    {
        _options.Progress?.Report("Starting PostgreSQL");
        Postgres = await PostgresServer.StartAsync(installation, _directory, _options, cancellationToken);
        _databases = await CreateDatabasesAsync(Postgres.ConnectionString("postgres"), cancellationToken);
    }

    private Task<StackDatabases> CreateDatabasesAsync(string server, CancellationToken cancellationToken) => StackDatabases.CreateMissingAsync(
        _options.ConnectTimeout is { } seconds ? $"{server};Timeout={seconds}" : server, _options.DatabasePrefix, _options.HotShards, cancellationToken);

    private async Task StartStorageAsync(Installation? installation, CancellationToken cancellationToken)
    {
        if (!_options.WithStorage || _storage is not null) return;

        _options.Progress?.Report("Starting Azurite");
        Storage = await AzuriteServer.StartAsync(installation!, _directory, _belongings.Azurite, _options, cancellationToken);
        _storage = Storage.ConnectionString;
    }

    private async Task StartServiceBusAsync(Installation? installation, CancellationToken cancellationToken)
    {
        if (!_options.WithServiceBus) return;
        _serviceBusConnection = _options.ExistingServiceBus;
        if (_serviceBusConnection is not null) return;

        _options.Progress?.Report("Starting Service Bus");
        ServiceBus = await ServiceBusBroker.StartAsync(installation!, _directory, _options, cancellationToken);
        _serviceBusConnection = ServiceBus.ConnectionString;
    }
}
