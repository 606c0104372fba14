using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.Configuration;

namespace Tickets.Core.Platform;

/// <summary>Configuration of the system. Times are <c>hh:mm:ss</c> or <c>d.hh:mm:ss</c>.</summary>
public sealed record TicketsOptions
{
    /// <summary><c>Settings:Database</c>: connection string of the settings database.</summary>
    public required string SettingsDatabase { get; init; }

    /// <summary><c>Shards:NAME</c>: connection string of each hot shard. <c>hot_0</c> names the shard <c>hot-0</c>: shells and hosts drop environment variables with hyphens.</summary>
    public required IReadOnlyDictionary<string, string> Shards { get; init; }

    /// <summary><c>Postgres:Pooled</c>: the connection strings lead to a pooler that gives each transaction a session, such as PgBouncer in transaction mode.</summary>
    public bool Pooled { get; init; }

    /// <summary><c>DirectShards:NAME</c>: with a pooler, the connection string of each hot shard past it, for upkeep that takes turns by locks of a session.</summary>
    public IReadOnlyDictionary<string, string> DirectShards { get; init; } = new Dictionary<string, string>();

    /// <summary><c>Settings:RefreshInterval</c>.</summary>
    public TimeSpan SettingsRefreshInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>Settings:MaxStaleness</c>: a process whose settings are older takes itself out of service.</summary>
    public TimeSpan SettingsMaxStaleness { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary><c>Tickets:NonceLifetime</c>; also how long the answers to idempotency keys are kept.</summary>
    public TimeSpan NonceLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary><c>Oplog:Retention</c>: ops older than this may be dropped, once they are published.</summary>
    public TimeSpan OplogRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary><c>Oplog:HardRetention</c>: ops older than this are dropped, published or not.</summary>
    public TimeSpan OplogHardRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary><c>Postgres:Connections</c>: the most connections this process opens to each database; one of a shard's is its writer's.</summary>
    public int ConnectionsPerShard { get; init; } = 12;

    /// <summary><c>Search:UnservedPerSecond</c>: searches that no index serves, a queue and process.</summary>
    public int UnservedSearchesPerSecond { get; init; } = 10;

    /// <summary><c>Postgres:Identity</c>: sign in to the databases with tokens of this credential; null: with what the connection strings say.</summary>
    public TokenCredential? DatabaseCredential { get; init; }

    public static TicketsOptions From(IConfiguration configuration)
    {
        var options = Read(configuration);
        if (options.Pooled && options.Shards.Keys.FirstOrDefault(shard => !options.DirectShards.ContainsKey(shard)) is { } missing)
            throw new InvalidOperationException($"Postgres:Pooled is set: give the connection string of shard '{missing}' past the pooler as DirectShards:{missing}, for upkeep that needs sessions of its own.");
        return options.OplogHardRetention >= options.OplogRetention
            ? options
            : throw new InvalidOperationException($"Oplog:HardRetention ({options.OplogHardRetention}) must not be shorter than Oplog:Retention ({options.OplogRetention}).");
    }

    private static TicketsOptions Read(IConfiguration configuration) => new()
    {
        SettingsDatabase = configuration["Settings:Database"] is { Length: > 0 } database ? database
            : throw new InvalidOperationException("Settings:Database is not configured: give the Npgsql connection string of the settings database (environment: Settings__Database)."),
        Shards = ReadShards(configuration, "Shards") is { Count: > 0 } shards ? shards
            : throw new InvalidOperationException("No hot shard is configured: give at least one connection string as Shards:NAME (environment: Shards__hot_0)."),
        Pooled = Flag(configuration, "Postgres:Pooled"),
        DirectShards = ReadShards(configuration, "DirectShards"),
        SettingsRefreshInterval = Duration(configuration, "Settings:RefreshInterval", TimeSpan.FromSeconds(1)),
        SettingsMaxStaleness = Duration(configuration, "Settings:MaxStaleness", TimeSpan.FromSeconds(100)),
        NonceLifetime = Duration(configuration, "Tickets:NonceLifetime", TimeSpan.FromHours(24)),
        OplogRetention = Duration(configuration, "Oplog:Retention", TimeSpan.FromDays(7)),
        OplogHardRetention = Duration(configuration, "Oplog:HardRetention", TimeSpan.FromDays(30)),
        ConnectionsPerShard = Number(configuration, "Postgres:Connections", 12, least: 3),
        DatabaseCredential = Flag(configuration, "Postgres:Identity") ? new DefaultAzureCredential() : null,
        UnservedSearchesPerSecond = Number(configuration, "Search:UnservedPerSecond", 10, least: 1),
    };

    private static Dictionary<string, string> ReadShards(IConfiguration configuration, string section) => configuration.GetSection(section).GetChildren()
        .Where(child => !string.IsNullOrWhiteSpace(child.Value))
        .ToDictionary(child => child.Key.Replace('_', '-'), child => child.Value!, StringComparer.Ordinal);

    internal static TimeSpan Duration(IConfiguration configuration, string key, TimeSpan fallback)
    {
        if (configuration[key] is not { Length: > 0 } text)
            return fallback;
        return TimeSpan.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && value > TimeSpan.Zero
            ? value
            : throw new InvalidOperationException($"{key} is '{text}': give a positive time as hh:mm:ss or d.hh:mm:ss.");
    }

    private static bool Flag(IConfiguration configuration, string key) => configuration[key] switch
    {
        null or "" or "false" => false,
        "true" => true,
        var text => throw new InvalidOperationException($"{key} is '{text}': give true or false."),
    };

    private static int Number(IConfiguration configuration, string key, int fallback, int least)
    {
        if (configuration[key] is not { Length: > 0 } text)
            return fallback;
        return int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && value >= least
            ? value
            : throw new InvalidOperationException($"{key} is '{text}': give a whole number of at least {least}.");
    }
}
