using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tickets.Core.Access;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;
using Tickets.Core.Notifications;
using Tickets.Core.Oplog;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Storage;
using Tickets.Core.Search;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing;
using Tickets.Core.Ticketing.Lifecycle;
using Tickets.Core.Ticketing.Numbers;
using Tickets.Core.Ticketing.Placement;
using Tickets.Core.Ticketing.Reading;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Core;

/// <summary>Puts the system together: every part is one object for the life of the process.</summary>
public static class TicketsCore
{
    public static IServiceCollection AddTickets(this IServiceCollection services, IConfiguration configuration)
    {
        var options = TicketsOptions.From(configuration);
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        AddDatabases(services, options);
        AddSettings(services);
        AddOplog(services);
        AddTicketing(services);
        AddArchive(services, configuration);
        AddLifecycle(services, configuration);
        return services;
    }

    private static void AddDatabases(IServiceCollection services, TicketsOptions options)
    {
        services.AddSingleton(_ => ShardSet.Open(options.SettingsDatabase, options));
        services.AddSingleton(_ => new ShardSet(options));
        services.AddSingleton<PrepareShard>(OplogPartitions.MakeAheadAsync);
        AddHosted<DatabaseSchemas>(services);
    }

    private static void AddSettings(IServiceCollection services)
    {
        services.AddSingleton<SettingsDatabase>();
        AddHosted<SettingsCache>(services);
        services.AddSingleton<SettingsWrites>();
        services.AddSingleton<KeyRing>();
    }

    private static void AddOplog(IServiceCollection services)
    {
        services.AddSingleton<OplogCursors>();
        services.AddSingleton<OplogHeads>();
        services.AddSingleton<OplogUpkeep>();
        services.AddSingleton(get => new ReadOplog(Get<ShardSet>(get), Get<SettingsCache>(get), Get<OplogCursors>(get), Get<OplogHeads>(get), Get<TimeProvider>(get), Get<ILogger<ReadOplog>>(get)));
    }

    private static void AddTicketing(IServiceCollection services)
    {
        services.AddSingleton<PlacementFence>();
        services.AddSingleton(provider =>
        {
            var writers = ActivatorUtilities.CreateInstance<ShardWriters>(provider);
            foreach (var writer in writers.All)
            {
                writer.OnCommitted = opid => provider.GetRequiredService<OplogHeads>().Tell(writer.Shard.Name, opid);
                writer.OnOrchestrationsWoken = () => provider.GetRequiredService<TaskHubs>()[writer.Shard.Name].Wake();
            }

            return writers;
        });
        services.AddHostedService(provider => provider.GetRequiredService<ShardWriters>());
        services.AddSingleton<TicketNumbers>();
        services.AddSingleton<Nonces>();
        services.AddSingleton<TicketLocator>();
        services.AddSingleton(get => new Moves(Get<ShardSet>(get), Get<SettingsCache>(get), Get<ShardWriters>(get), Get<TimeProvider>(get), Get<ILogger<Moves>>(get)));
        services.AddSingleton(get => new TicketWrites(Get<SettingsCache>(get), Get<Nonces>(get), Get<TicketNumbers>(get), Get<TicketLocator>(get), Get<ShardWriters>(get), Get<Moves>(get), Get<ColdTickets>(get), Get<TicketsOptions>(get), Get<TimeProvider>(get)));
        services.AddSingleton(get => new QueueRelocation(Get<ShardSet>(get), Get<SettingsCache>(get), Get<SettingsWrites>(get), Get<Moves>(get), Get<TicketsOptions>(get), Get<TimeProvider>(get)));
        services.AddSingleton<BulkWrites>();
        services.AddSingleton<TicketReads>();
        services.AddSingleton<LeaveHot>();
        services.AddSingleton<ExpiredKeys>();
        services.AddSingleton<IndexUpkeep>();
        AddHosted<SearchStatistics>(services);
        services.AddSingleton<UnservedSearches>();
        services.AddSingleton<IndexUsage>();
        services.AddSingleton<SearchCursors>();
        services.AddSingleton(get => new FindTickets(Get<ShardSet>(get), Get<SettingsCache>(get), Get<SearchCursors>(get), Get<SearchStatistics>(get), Get<UnservedSearches>(get), Get<Moves>(get), Get<TimeProvider>(get)));
    }

    private static void AddArchive(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(_ => StorageAccount.FromConfiguration(configuration));
        services.AddSingleton(get => new ColdShards(Get<StorageAccount>(get).Tables, Get<TimeProvider>(get)));
        services.AddSingleton(get => new ColdParts(Get<StorageAccount>(get).Blobs));
        services.AddSingleton(get => new ColdIndex(Get<ColdShards>(get), Get<TimeProvider>(get)));
        services.AddSingleton(get => new ColdTickets(Get<ColdIndex>(get), Get<ColdParts>(get)));
        services.AddSingleton(get => new Archiver(
            Get<ColdShards>(get), Get<ColdParts>(get), shard => Get<ShardSet>(get)[shard].Database, Get<LeaveHot>(get).RemoveAsync, Get<TimeProvider>(get), Get<ILogger<Archiver>>(get)));
        AddHosted<ColdStorageSetup>(services);
        services.AddSingleton<ArchiveClosedTickets>();
    }

    private static void AddLifecycle(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(_ => new HttpClient { Timeout = TimeSpan.FromMinutes(1) });
        services.AddSingleton<ReadNotifications>();
        services.AddSingleton<TicketRow>();
        services.AddSingleton<TicketMaker>();
        services.AddSingleton<DeclareTasks>(LifecycleTasks.Declare);
        services.AddSingleton(new TaskHubsOptions(new TaskHubOptions(), configuration["Orchestration:AlwaysOn"] is not { } text || !bool.TryParse(text, out var always) || always));
        services.AddSingleton<PrepareHub>(get => (hub, cancel) => Get<LifecycleSweep>(get).BeforeWorkAsync(hub, cancel));
        AddHosted<TaskHubs>(services);
        services.AddSingleton<OrchestrationReads>();
        services.AddSingleton(get => new LifecycleSweep(Get<ShardSet>(get), Get<SettingsCache>(get), Get<TaskHubs>(get), Get<TimeProvider>(get), Get<ILogger<LifecycleSweep>>(get)));
    }

    private static T Get<T>(IServiceProvider provider)
        where T : notnull => provider.GetRequiredService<T>();

    private static void AddHosted<T>(IServiceCollection services)
        where T : class, Microsoft.Extensions.Hosting.IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}
