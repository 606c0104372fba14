using Npgsql;
using Tickets.Core.Oplog.Relay;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Storage;
using Tickets.Core.Settings;

namespace Tickets.Functions.Health;

/// <summary>What the app cannot do its whole work without: the databases, one by one, storage, and fresh settings.</summary>
internal static class Dependencies
{
    public static void AddDependencyChecks(this IServiceCollection services, TicketsOptions options)
    {
        services.AddSingleton<DependencyChecks>();
        services.AddSingleton(provider => new HealthCheck("settings", cancel => AskAsync(provider.GetRequiredService<NpgsqlDataSource>(), "select revision from settings_revision", cancel)));
        services.AddSingleton(provider => new HealthCheck("settings_cache", _ => Task.FromResult(provider.GetRequiredService<SettingsCache>().StaleReason())));
        foreach (var shard in options.Shards.Keys)
            services.AddSingleton(provider => new HealthCheck(shard, cancel => AskAsync(provider.GetRequiredService<ShardSet>()[shard].Database, "select last_opid from oplog_head", cancel)));
        if (services.Any(service => service.ServiceType == typeof(RelayHealth)))
            services.AddSingleton(provider => new HealthCheck("service_bus", provider.GetRequiredService<RelayHealth>().FaultAsync));
        services.AddSingleton(provider => new HealthCheck("storage", cancel => AskAsync(provider.GetRequiredService<StorageAccount>(), cancel)));
    }

    private static async Task<string?> AskAsync(NpgsqlDataSource database, string sql, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteScalarAsync(cancel);
        return null;
    }

    private static async Task<string?> AskAsync(StorageAccount storage, CancellationToken cancel)
    {
        // Any answer will do, also that the container is not there yet.
        await storage.Blobs.GetBlobContainerClient("cold").ExistsAsync(cancel);
        return null;
    }
}
