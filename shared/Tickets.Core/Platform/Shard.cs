using Npgsql;

namespace Tickets.Core.Platform;

/// <summary>A hot shard's database.</summary>
public sealed record Shard(string Name, NpgsqlDataSource Database)
{
    /// <summary>Sessions of our own, for turns that are kept by a session's locks; another than <see cref="Database"/> only where a pooler stands before that.</summary>
    public NpgsqlDataSource Sessions { get; init; } = Database;
}

/// <summary>The hot shards this process knows, by name.</summary>
public sealed class ShardSet : IAsyncDisposable
{
    // Limits on the server's side hold even when this process is gone: no transaction of ours waits or runs for ever.
    private const string ServerTimeouts = "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=15s";

    /// <summary>Each kind of upkeep has one, and each queue's archiver.</summary>
    private const int DirectConnections = 8;

    private readonly Dictionary<string, Shard> _shards;

    public ShardSet(TicketsOptions options) =>
        _shards = options.Shards.ToDictionary(shard => shard.Key, shard => Open(shard.Key, shard.Value, options), StringComparer.Ordinal);

    public IReadOnlyCollection<Shard> All => _shards.Values;

    public Shard this[string name] => _shards.TryGetValue(name, out var shard)
        ? shard
        : throw new InvalidOperationException($"Shard '{name}' is named in the settings but not configured here: give its connection string as Shards:{name}.");

    public bool Knows(string name) => _shards.ContainsKey(name);

    private static Shard Open(string name, string connectionString, TicketsOptions options)
    {
        var shard = new Shard(name, Open(connectionString, options));
        return options.DirectShards.TryGetValue(name, out var direct) ? shard with { Sessions = Open(direct, options with { Pooled = false, ConnectionsPerShard = DirectConnections }) } : shard;
    }

    /// <summary>The pool that every database of the system is reached through.</summary>
    public static NpgsqlDataSource Open(string connectionString, TicketsOptions options)
    {
        // Callers are refused in time and come again; a connection string that says otherwise is heeded.
        var settings = new NpgsqlConnectionStringBuilder($"Timeout=3;Command Timeout=15;{connectionString}")
        {
            ApplicationName = "tickets",
            MaxPoolSize = options.ConnectionsPerShard,
            // Each queue's tables make statements of their own; unprepared, or prepared and dropped again, they cost several times as much.
            MaxAutoPrepare = 1000,
            AutoPrepareMinUsages = 1,
            KeepAlive = 30,
            // Sessions keep no state of ours, so there is nothing to reset when one goes back to the pool.
            NoResetOnClose = true,
        };
        // A pooler gives each transaction whatever session is free: what is prepared in one is not there in the next, and sessions are not ours to set.
        if (options.Pooled)
            settings.MaxAutoPrepare = 0;
        else
            settings.Options = string.Join(' ', new[] { settings.Options, ServerTimeouts }.Where(part => !string.IsNullOrEmpty(part)));
        // None but PostgreSQL's own types are used, which the driver knows; asking for all of them takes the longer the more queues have tables.
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString).ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        if (options.DatabaseCredential is { } credential)
            builder.UsePeriodicPasswordProvider((_, cancel) => DatabaseToken.GetAsync(credential, cancel), DatabaseToken.RenewEvery, DatabaseToken.RetryEvery);
        return builder.Build();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var shard in _shards.Values)
        {
            await shard.Database.DisposeAsync();
            await shard.Sessions.DisposeAsync();
        }
    }
}
