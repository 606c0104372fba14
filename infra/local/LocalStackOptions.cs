using System.Security.Cryptography;

namespace Tickets.Local;

/// <summary>What a local stack consists of and where it keeps its data. The default is the stack of the command line.</summary>
public sealed record LocalStackOptions
{
    /// <summary>Names a PostgreSQL server to use instead of an own one: an Npgsql connection string or a <c>postgres://</c> URL.</summary>
    public const string PostgresVariable = "TICKETS_POSTGRES";

    /// <summary>Names a storage account to use instead of Azurite: a storage connection string.</summary>
    public const string StorageVariable = "TICKETS_STORAGE";

    /// <summary>Names a Service Bus namespace to use instead of the local broker: a connection string.</summary>
    public const string ServiceBusVariable = "TICKETS_SERVICEBUS";

    /// <summary>Created where needed; one stack at a time runs on it.</summary>
    public string DataDirectory { get; init; } = Repository.PathTo(".local", "stack");

    /// <summary>Deletes what an earlier stack left in the data folder; the servers that somebody else runs keep theirs.</summary>
    public bool WipeAtStart { get; init; }

    /// <summary>Deletes the data when the stack ends.</summary>
    public bool WipeAtEnd { get; init; }

    public bool WithStorage { get; init; } = true;

    /// <summary>Azurite writes to disk before it answers, one request after the other: slow, and for tests that kill it. By itself it may lose the last seconds.</summary>
    public bool StorageSurvivesKills { get; init; }

    /// <summary>With a Service Bus the apps publish the change log to it.</summary>
    public bool WithServiceBus { get; init; } = true;

    public bool WithApp { get; init; } = true;

    /// <summary>How many hot shards (<c>hot-0</c>, <c>hot-1</c>, …) there are.</summary>
    public int HotShards { get; init; } = 2;

    /// <summary>Databases are called <c>&lt;prefix&gt;_settings</c>, <c>&lt;prefix&gt;_hot_0</c>, ….</summary>
    public string DatabasePrefix { get; init; } = "tickets";

    /// <summary>A port to listen on where it is free; another is taken where it is not. 0 prefers none.</summary>
    public int PostgresPort { get; init; } = 55440;

    /// <inheritdoc cref="PostgresPort"/>
    public int BlobPort { get; init; } = 10000;

    /// <inheritdoc cref="PostgresPort"/>
    public int QueuePort { get; init; } = 10001;

    /// <inheritdoc cref="PostgresPort"/>
    public int TablePort { get; init; } = 10002;

    /// <inheritdoc cref="PostgresPort"/>
    public int ServiceBusPort { get; init; } = 5672;

    /// <inheritdoc cref="PostgresPort"/>
    public int AppPort { get; init; } = 7071;

    /// <summary>The executable of the function app; null for the one built with this program.</summary>
    public string? AppExecutable { get; init; }

    /// <summary>Added to the environment of every app process; wins over what the stack sets itself.</summary>
    public IReadOnlyDictionary<string, string> AppEnvironment { get; init; } = new Dictionary<string, string>();

    /// <summary>Settings of the stack's own PostgreSQL, such as <c>shared_buffers</c>; they win over the stack's.</summary>
    public IReadOnlyDictionary<string, string> PostgresSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>How long, in seconds, apps wait for a connection; null for as long as they do by themselves.</summary>
    public int? ConnectTimeout { get; init; }

    /// <summary>See <see cref="PostgresVariable"/>; null for an own server.</summary>
    public string? ExistingPostgres { get; init; }

    /// <summary>See <see cref="StorageVariable"/>; null for Azurite.</summary>
    public string? ExistingStorage { get; init; }

    /// <summary>See <see cref="ServiceBusVariable"/>; null for the local broker.</summary>
    public string? ExistingServiceBus { get; init; }

    /// <summary>Told each step in a few words.</summary>
    public IProgress<string>? Progress { get; init; }

    /// <summary>The default with the servers that the environment names.</summary>
    public static LocalStackOptions FromEnvironment() => new()
    {
        ExistingPostgres = Environment.GetEnvironmentVariable(PostgresVariable) is { Length: > 0 } postgres ? postgres : null,
        ExistingStorage = Environment.GetEnvironmentVariable(StorageVariable) is { Length: > 0 } storage ? storage : null,
        ExistingServiceBus = Environment.GetEnvironmentVariable(ServiceBusVariable) is { Length: > 0 } serviceBus ? serviceBus : null,
    };

    /// <summary>A small stack of its own on ports of its own, without the app and Service Bus, gone after use. Commits are durable, as in production.</summary>
    public static LocalStackOptions ForTests() => new()
    {
        DataDirectory = Path.Combine(TestDirectories, TestDirectoryPrefix + RandomNumberGenerator.GetHexString(10, lowercase: true)),
        WipeAtEnd = true,
        WithApp = false,
        WithServiceBus = false,
        PostgresPort = 0,
        BlobPort = 0,
        QueuePort = 0,
        TablePort = 0,
        ServiceBusPort = 0,
        AppPort = 0,
        PostgresSettings = new Dictionary<string, string> { ["shared_buffers"] = "64MB", ["max_wal_size"] = "256MB" },
        // Many tests at once keep the processors busy; connections that are given up just before they stand, again and again, would keep it so.
        ConnectTimeout = 15,
    };

    internal static string TestDirectories => Repository.PathTo(".local");

    internal const string TestDirectoryPrefix = "test-";
}
