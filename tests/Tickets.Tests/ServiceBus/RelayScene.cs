using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core;
using Tickets.Core.Oplog;
using Tickets.Core.Oplog.Relay;
using Tickets.Core.Platform;
using Tickets.Core.Platform.ServiceBus;
using Tickets.Core.Settings;

namespace Tickets.Tests.ServiceBus;

/// <summary>A shard whose log the test writes by hand, a topic, and any number of relays.</summary>
internal sealed class RelayScene : IAsyncDisposable
{
    public const string Shard = "hot-0";
    public const string Queue = "t/relayed";

    private static int _scenes;

    private readonly ServiceBusStack _stack;
    private readonly ServiceProvider _services;

    private RelayScene(ServiceBusStack stack, ServiceProvider services, string topic, NpgsqlDataSource database) =>
        (_stack, _services, Topic, Database) = (stack, services, topic, database);

    public string Topic { get; }

    public NpgsqlDataSource Database { get; }

    public Shard TheShard => _services.GetRequiredService<ShardSet>()[Shard];

    public RelayHealth Health => new(_services.GetRequiredService<ShardSet>(), new RelayOptions(), TimeProvider.System);

    public static async Task<RelayScene> CreateAsync(ServiceBusStack stack, int maxMessageBytes = 256 * 1024)
    {
        var number = Interlocked.Increment(ref _scenes);
        var (settings, hot) = (await stack.CreateDatabaseAsync($"relay_settings_{number}"), await stack.CreateDatabaseAsync($"relay_hot_{number}"));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Settings:Database"] = settings,
            [$"Shards:{Shard}"] = hot,
            ["Storage:ConnectionString"] = "UseDevelopmentStorage=true",
        }).Build();
        var services = new ServiceCollection().AddLogging(logging => logging.SetMinimumLevel(LogLevel.None)).AddTickets(configuration).BuildServiceProvider();
        await services.GetRequiredService<DatabaseSchemas>().StartAsync(CancellationToken.None);
        await services.GetRequiredService<SettingsCache>().StartAsync(CancellationToken.None);
        await services.GetRequiredService<SettingsCache>().Loaded;
        var scene = new RelayScene(stack, services, await stack.NewTopicAsync(maxMessageBytes: maxMessageBytes), services.GetRequiredService<ShardSet>()[Shard].Database);
        await scene.AddQueueAsync();
        await WaitForSchemaAsync(scene.Database);
        return scene;
    }

    public ShardRelay Relay(long maxBatchBytes = 200_000, ServiceBusClientOptions? client = null) => new(
        TheShard,
        new ServiceBusClient(_stack.Broker.ConnectionString, client ?? OplogRelay.ClientOptions).CreateSender(Topic),
        new RelayOptions { MaxBatchBytes = maxBatchBytes },
        _services.GetRequiredService<OplogHeads>()[Shard],
        _services.GetRequiredService<SettingsCache>(),
        TimeProvider.System,
        _services.GetRequiredService<ILogger<OplogRelay>>());

    /// <summary>Appends ops of ten tickets in turn; their diffs hold <paramref name="text"/>.</summary>
    public async Task AppendAsync(int count, string text = "gull", DateTimeOffset? at = null) => await ExecuteAsync(
        $"""
        with head as (update oplog_head set last_opid = last_opid + {count} returning last_opid)
        insert into oplog (opid, at, ticket_id, queue_id, kind, version, status, resolution, diff)
        select last_opid - {count} + n, '{(at ?? DateTimeOffset.UtcNow).ToString("o", CultureInfo.InvariantCulture)}', 1000000 + (last_opid + n) % 10, 1, 'updated', n, 'open', case when n % 2 = 0 then 'fixed' end,
            json_build_object('set', json_build_object('meta.report', '{text}'))
        from head, generate_series(1, {count}) n
        """);

    public Task<T> ScalarAsync<T>(string sql) => Database.ScalarAsync<T>(sql);

    public Task ExecuteAsync(string sql) => Database.ExecuteAsync(sql);

    public Task<long> CheckpointAsync() => ScalarAsync<long>("select opid from oplog_followers where follower = 'service-bus'");

    public Task<OplogUpkeepRun> UpkeepAsync(TimeSpan retention, TimeSpan hard) => OplogUpkeepRun.RunAsync(_services, retention, hard);

    /// <summary>Everything published so far, as the official SDK receives it.</summary>
    public async Task<IReadOnlyList<Received>> ReceiveAsync(int count)
    {
        await using var subscriber = Subscriber.Start(_stack.Broker, Topic);
        await subscriber.UntilAsync(count);
        return subscriber.Messages;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.GetRequiredService<SettingsCache>().StopAsync(CancellationToken.None);
        await _services.GetRequiredService<DatabaseSchemas>().StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }

    private async Task AddQueueAsync()
    {
        await using var command = _services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            """
            update settings_revision set revision = 1;
            insert into workflows (workflow_id, body, revision) values ('w', '{"workflow_id": "w", "initial": "open", "statuses": {"open": {"to": ["closed"]}, "closed": {"terminal": true}}}', 1);
            insert into queues (name, workflow_id, body, revision) values ('t/relayed', 'w', '{"queue": "t/relayed", "workflow_id": "w", "hot_retention": "P7D", "shards": ["hot-0"]}', 1)
            """);
        await command.ExecuteNonQueryAsync();
        await _services.GetRequiredService<SettingsCache>().RefreshAsync(CancellationToken.None);
        Assert.True(_services.GetRequiredService<SettingsCache>().Current.Queues.ContainsKey(Queue));
    }

    private static async Task WaitForSchemaAsync(NpgsqlDataSource database)
    {
        for (var i = 0; ; i++)
        {
            if (await database.ScalarAsync<bool>("select to_regclass('oplog_followers') is not null and exists (select from pg_inherits where inhparent = to_regclass('oplog'))"))
                return;
            Assert.True(i < 4000, "The schema was not applied.");
            await Task.Delay(25);
        }
    }
}

/// <summary>A run of the upkeep with a retention of the test's own.</summary>
internal sealed record OplogUpkeepRun(int Dropped, IReadOnlyList<int> LogIds)
{
    public static async Task<OplogUpkeepRun> RunAsync(IServiceProvider services, TimeSpan retention, TimeSpan hard)
    {
        using var log = new Hosting.RecordedLog();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(log));
        var options = services.GetRequiredService<TicketsOptions>() with { OplogRetention = retention, OplogHardRetention = hard };
        var upkeep = new OplogUpkeep(services.GetRequiredService<ShardSet>(), options, TimeProvider.System, factory.CreateLogger<OplogUpkeep>());
        var dropped = await upkeep.RunAsync(CancellationToken.None);
        return new OplogUpkeepRun(dropped, [.. log.Lines.Select(line => line.Id)]);
    }
}
