using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tickets.Core.Access;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;
using Tickets.Core.Archive.Scan;
using Tickets.Core.Notifications;
using Tickets.Core.Operations.Erase;
using Tickets.Core.Operations.Overview;
using Tickets.Core.Operations.QueueMoves;
using Tickets.Core.Operations.Restore;
using Tickets.Core.Operations.Scans;
using Tickets.Core.Operations;
using Tickets.Core.Oplog.Relay;
using Tickets.Core.Oplog;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;
using Tickets.Core.Platform.ServiceBus;
using Tickets.Core.Platform.Storage;
using Tickets.Core.Platform.Webhooks;
using Tickets.Core.Search;
using Tickets.Core.Settings;
using Tickets.Core.Telemetry;
using Tickets.Core.Ticketing;
using Tickets.Core.Ticketing.Lifecycle;
using Tickets.Core.Ticketing.Numbers;
using Tickets.Core.Ticketing.Placement;
using Tickets.Core.Ticketing.Reading;
using Tickets.Core.Ticketing.Writing;
using Tickets.Core.Webhooks;

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
        AddRelay(services, configuration);
        AddWebhooks(services, configuration);
        AddTicketing(services);
        AddArchive(services, configuration);
        AddLifecycle(services, configuration);
        AddOperations(services);
        services.AddSingleton(get => new Backlogs(Get<ShardSet>(get), Get<SettingsCache>(get), Get<TimeProvider>(get), Get<ILogger<Backlogs>>(get)));
        AddHosted<SystemGauges>(services);
        BeginTallies();
        return services;
    }

    /// <summary>What should never happen is told as zero before it does.</summary>
    private static void BeginTallies()
    {
        foreach (var metrics in new[] { typeof(RelayMetrics), typeof(WebhookMetrics), typeof(ColdMetrics) })
            RuntimeHelpers.RunClassConstructor(metrics.TypeHandle);
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
        services.AddSingleton<ApiKeyStore>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<AuditLog>();
        AddHosted<RequestLimiter>(services);
    }

    private static void AddOplog(IServiceCollection services)
    {
        services.AddSingleton<OplogCursors>();
        services.AddSingleton<OplogHeads>();
        services.AddSingleton<OplogTails>();
        services.AddSingleton<OplogPositions>();
        services.AddSingleton<OplogUpkeep>();
        services.AddSingleton(get => new ReadOplog(
            Get<ShardSet>(get), Get<SettingsCache>(get), Get<OplogCursors>(get), Get<OplogPositions>(get), Get<OplogHeads>(get), Get<OplogTails>(get), Get<TimeProvider>(get), Get<ILogger<ReadOplog>>(get)));
        services.AddSingleton(get => new SkipRefusedOp(Get<ShardSet>(get), Get<OplogHeads>(get), Get<SettingsCache>(get), Get<TimeProvider>(get), Get<ILogger<SkipRefusedOp>>(get)));
    }

    /// <summary>Nothing of it is there when no Service Bus is configured.</summary>
    private static void AddRelay(IServiceCollection services, IConfiguration configuration)
    {
        if (ServiceBusNamespace.FromConfiguration(configuration, OplogRelay.ClientOptions) is not { } client)
            return;
        var options = RelayOptions.From(configuration);
        services.AddSingleton(get => new OplogRelay(
            client, options, Get<ShardSet>(get), Get<OplogHeads>(get), Get<OplogTails>(get), Get<SettingsCache>(get), Get<TimeProvider>(get), Get<ILogger<OplogRelay>>(get)));
        services.AddHostedService(Get<OplogRelay>);
        services.AddSingleton(get => new RelayHealth(Get<ShardSet>(get), options, Get<TimeProvider>(get)));
    }

    private static void AddWebhooks(IServiceCollection services, IConfiguration configuration)
    {
        var options = WebhookOptions.From(configuration);
        services.AddSingleton(options);
        services.AddSingleton(get => new WebhookSender(Get<TimeProvider>(get), options.AllowPrivate));
        services.AddSingleton<SubscriptionStore>();
        services.AddSingleton(get => new WebhookRemains(Get<ShardSet>(get), Get<SubscriptionStore>(get), Get<ILogger<WebhookRemains>>(get)));
        services.AddSingleton(get => new WebhookSubscriptions(
            Get<SubscriptionStore>(get), Get<WebhookRemains>(get), Get<OplogPositions>(get), Get<OplogCursors>(get), Get<ShardSet>(get), Get<SettingsCache>(get), options, Get<TimeProvider>(get)));
        AddHosted<WebhookDeliveries>(services);
    }

    private static void AddTicketing(IServiceCollection services)
    {
        services.AddSingleton<PlacementFence>();
        services.AddSingleton(provider =>
        {
            var writers = ActivatorUtilities.CreateInstance<ShardWriters>(provider);
            foreach (var writer in writers.All)
            {
                writer.OnCommitted = opid => provider.GetRequiredService<OplogHeads>()[writer.Shard.Name].Tell(opid);
                writer.OnOrchestrationsWoken = () => provider.GetRequiredService<TaskHubs>()[writer.Shard.Name].Wake();
            }

            return writers;
        });
        services.AddHostedService(provider => provider.GetRequiredService<ShardWriters>());
        services.AddSingleton<TicketNumbers>();
        services.AddSingleton<Nonces>();
        services.AddSingleton<NumberedCreates>();
        services.AddSingleton<KeptAnswers>();
        services.AddSingleton<TicketLocator>();
        services.AddSingleton(get => new Moves(Get<ShardSet>(get), Get<SettingsCache>(get), Get<ShardWriters>(get), Get<TimeProvider>(get), Get<ILogger<Moves>>(get)));
        services.AddSingleton(get => new TicketWrites(Get<SettingsCache>(get), Get<Nonces>(get), Get<TicketNumbers>(get), Get<TicketLocator>(get), Get<NumberedCreates>(get), Get<KeptAnswers>(get), Get<ShardWriters>(get), Get<Moves>(get), Get<ColdTickets>(get), Get<TicketsOptions>(get), Get<TimeProvider>(get)));
        services.AddSingleton(get => new QueueRelocation(
            Get<ShardSet>(get), Get<SettingsCache>(get), Get<SettingsWrites>(get), Get<Moves>(get), Get<ColdSide>(get), Get<TicketsOptions>(get), Get<TimeProvider>(get)));
        services.AddSingleton(get => new TicketReturns(Get<ShardSet>(get), Get<SettingsCache>(get), Get<ColdTickets>(get), Get<TierMoves>(get), Get<Withdrawal>(get), Get<TimeProvider>(get)));
        services.AddSingleton<ColdSide>();
        services.AddSingleton<BulkWrites>();
        services.AddSingleton<TicketReads>();
        services.AddSingleton<LeaveHot>();
        services.AddSingleton<ExpiredKeys>();
        services.AddSingleton<IndexUpkeep>();
        AddHosted<SearchStatistics>(services);
        services.AddSingleton<UnbuiltIndexes>();
        services.AddSingleton<UnservedSearches>();
        services.AddSingleton<IndexUsage>();
        services.AddSingleton<SearchCursors>();
        services.AddSingleton(get => new FindTickets(Get<ShardSet>(get), Get<SettingsCache>(get), Get<SearchCursors>(get), Get<SearchStatistics>(get), Get<UnbuiltIndexes>(get), Get<UnservedSearches>(get), Get<Moves>(get), Get<TimeProvider>(get)));
    }

    private static void AddArchive(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(_ => StorageAccount.FromConfiguration(configuration));
        services.AddSingleton(ArchiveOptions.From(configuration));
        services.AddSingleton(get => new ColdShards(Get<StorageAccount>(get).Tables, Get<TimeProvider>(get)));
        services.AddSingleton(get => new ColdParts(Get<StorageAccount>(get).Blobs));
        services.AddSingleton<ColdIndex>();
        services.AddSingleton(get => new TierMoves(shard => Get<ShardSet>(get)[shard].Database, Get<TimeProvider>(get)));
        services.AddSingleton<ColdTickets>();
        services.AddSingleton<Compaction>();
        services.AddSingleton<ColdSweep>();
        services.AddSingleton<PartAging>();
        services.AddSingleton<IndexRebuild>();
        services.AddSingleton<ArchiveTools>();
        services.AddSingleton(get => new Archiver(
            Get<ArchiveTools>(get), shard => Get<ShardSet>(get).Knows(shard) ? Get<ShardSet>(get)[shard].Sessions : null, Get<LeaveHot>(get).RemoveAsync, Get<ArchiveOptions>(get), Get<ILogger<Archiver>>(get)));
        services.AddSingleton<ColdUpkeep>();
        AddHosted<ColdStorageSetup>(services);
        services.AddSingleton<ArchiveClosedTickets>();
    }

    private static void AddLifecycle(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(_ => new HttpClient { Timeout = TimeSpan.FromMinutes(1) });
        services.AddSingleton<ReadNotifications>();
        services.AddSingleton<TicketRow>();
        services.AddSingleton<StepNumbers>();
        services.AddSingleton<TicketMaker>();
        services.AddSingleton<TicketSender>();
        services.AddSingleton<ErrorTickets>();
        services.AddSingleton<ClosedTickets>();
        services.AddSingleton<BotDeliveries>();
        services.AddSingleton<DeclareTasks>(LifecycleTasks.Declare);
        var work = new TaskHubOptions { Lease = TicketsOptions.Duration(configuration, "Orchestration:Lease", TimeSpan.FromSeconds(30)) };
        services.AddSingleton(new TaskHubsOptions(work, configuration["Orchestration:AlwaysOn"] is not { } text || !bool.TryParse(text, out var always) || always));
        services.AddSingleton<PrepareHub>(get => (hub, cancel) => Get<LifecycleSweep>(get).BeforeWorkAsync(hub, cancel));
        AddHosted<TaskHubs>(services);
        services.AddSingleton<OrchestrationReads>();
        services.AddSingleton(get => new LifecycleArrival(Get<ShardSet>(get), Get<SettingsCache>(get), Get<TaskHubs>(get), Get<TimeProvider>(get)));
        services.AddSingleton(get => new LifecycleSweep(Get<ShardSet>(get), Get<SettingsCache>(get), Get<TaskHubs>(get), Get<StepNumbers>(get), Get<TimeProvider>(get), Get<ILogger<LifecycleSweep>>(get)));
    }

    private static void AddOperations(IServiceCollection services)
    {
        services.AddSingleton(get => new ResultFiles(Get<StorageAccount>(get).Blobs));
        services.AddSingleton<ColdScan>();
        services.AddSingleton<ResultFence>();
        services.AddSingleton<ScanUnits>();
        services.AddSingleton<Withdrawal>();
        services.AddSingleton<PartErasure>();
        services.AddSingleton<EraseDiffs>();
        services.AddSingleton<EraseLives>();
        services.AddSingleton(get => new RestoreTicket(Get<SettingsCache>(get), Get<ShardWriters>(get), Get<ColdTickets>(get), Get<TicketReturns>(get)));
        services.AddSingleton(get => new EraseTickets(
            Get<ShardSet>(get), Get<SettingsCache>(get), Get<ShardWriters>(get), Get<ColdTickets>(get), Get<ArchiveTools>(get), Get<PartErasure>(get), Get<EraseDiffs>(get), Get<EraseLives>(get), Get<ResultFiles>(get), Get<ResultFence>(get)));
        services.AddSingleton<DeclareTasks>(OperationTasks.Declare);
        services.AddSingleton<LongOperations>();
        services.AddSingleton<ColdOperations>();
        services.AddSingleton<QueueOperations>();
        services.AddSingleton(get => new ReadOverview(Get<ShardSet>(get), Get<SettingsCache>(get), Get<ShardWriters>(get), Get<OrchestrationReads>(get), Get<ColdIndex>(get), Get<TimeProvider>(get)));
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
