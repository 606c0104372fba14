using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core;
using Tickets.Core.Access;
using Tickets.Core.Oplog;
using Tickets.Core.Oplog.Relay;
using Tickets.Core.Platform;
using Tickets.Core.Platform.ServiceBus;
using Tickets.Core.Settings;

namespace Tickets.Tests.ServiceBus;

/// <summary>
/// A shard whose log the test writes by hand, a topic, and any number of relays, which wait for as little as can be. Tests of the
/// collection come one after the other and begin with an empty log in the same databases.
/// </summary>
internal sealed class RelayScene : IAsyncDisposable
{
    public const string Shard = "hot-0";
    public const string Queue = "t/relayed";

    // A second would be a third of what the tests take.
    private static readonly RelayOptions Quick = new()
    {
        Lease = TimeSpan.FromSeconds(2),
        Pauses = new RelayPauses
        {
            First = TimeSpan.FromMilliseconds(20),
            LongestTransient = TimeSpan.FromMilliseconds(200),
            LongestOther = TimeSpan.FromMilliseconds(500),
            Throttled = TimeSpan.FromMilliseconds(100),
        },
    };

    private readonly ServiceBusStack _stack;
    private readonly ServiceProvider _services;
    private Subscriber? _subscriber;

    private RelayScene(ServiceBusStack stack, ServiceProvider services, NpgsqlDataSource database) => (_stack, _services, Database) = (stack, services, database);

    public string Topic { get; private set; } = "";

    public NpgsqlDataSource Database { get; }

    private SettingsCache Settings => _services.GetRequiredService<SettingsCache>();

    public Shard TheShard => _services.GetRequiredService<ShardSet>()[Shard];

    public RelayHealth Health => new(_services.GetRequiredService<ShardSet>(), new RelayOptions(), TimeProvider.System);

    /// <summary>As new: an empty log, no relay that was ever here, and a topic of its own.</summary>
    public static async Task<RelayScene> BeginAsync(ServiceBusStack stack, int maxMessageBytes = 256 * 1024)
    {
        var scene = await stack.SceneAsync();
        await stack.PlanFaultsAsync();
        await scene.ExecuteAsync("truncate oplog, oplog_followers, oplog_skips; update oplog_head set last_opid = 0");
        await using (var connection = await scene.Database.OpenConnectionAsync())
            await OplogPartitions.MakeAheadAsync(connection);
        scene.Topic = await stack.NewTopicAsync(maxMessageBytes: maxMessageBytes);
        return scene;
    }

    public static async Task<RelayScene> MakeAsync(ServiceBusStack stack)
    {
        var (settings, hot) = (await stack.CreateDatabaseAsync("relay_settings"), await stack.CreateDatabaseAsync("relay_hot"));
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
        var scene = new RelayScene(stack, services, services.GetRequiredService<ShardSet>()[Shard].Database);
        await scene.AddQueueAsync();
        await WaitForSchemaAsync(scene.Database);
        return scene;
    }

    /// <param name="sendLimitSeconds">As a rule longer than any answer takes on a busy machine.</param>
    public ShardRelay Relay(long maxBatchBytes = 200_000, double sendLimitSeconds = 60, OplogTail? tail = null)
    {
        // Of its own: what an earlier test's log had come to is not this one's.
        var head = new OplogHead(TheShard, TimeProvider.System);
        return new ShardRelay(
            TheShard,
            new ServiceBusClient(_stack.Broker.ConnectionString, new ServiceBusClientOptions { Retry = { MaxRetries = 0, NetworkTimeout = TimeSpan.FromMinutes(2) } }).CreateSender(Topic),
            Quick with { MaxBatchBytes = maxBatchBytes, SendLimit = TimeSpan.FromSeconds(sendLimitSeconds) },
            head,
            tail ?? Tail(head),
            Settings,
            TimeProvider.System,
            _services.GetRequiredService<ILogger<OplogRelay>>());
    }

    public OplogTail Tail(OplogHead head) => new(TheShard, head, Settings, TimeProvider.System, _services.GetRequiredService<ILogger<OplogRelay>>());

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

    public Task<Result<SkippedOp>> SkipAsync(long opid, string body, params string[] reach) => new SkipRefusedOp(
        _services.GetRequiredService<ShardSet>(),
        new OplogHeads(_services.GetRequiredService<ShardSet>(), TimeProvider.System),
        _services.GetRequiredService<SettingsCache>(),
        TimeProvider.System,
        _services.GetRequiredService<ILogger<SkipRefusedOp>>()).SkipAsync(Shard, opid, JsonElement.Parse(body), new Caller("k", Role.Operator, reach.Length == 0 ? [""] : reach), CancellationToken.None);

    public Task<OplogUpkeepRun> UpkeepAsync(TimeSpan retention, TimeSpan hard) => OplogUpkeepRun.RunAsync(_services, retention, hard);

    /// <summary>Everything published so far, as the official SDK receives it.</summary>
    public async Task<IReadOnlyList<Received>> ReceiveAsync(int count)
    {
        // Starting a process for each would be most of what the tests take.
        _subscriber ??= Subscriber.Start(_stack.Broker);
        _subscriber.Add(Topic, "s");
        var received = await _subscriber.UntilAsync(Topic, count);
        _subscriber.Remove(Topic);
        return received;
    }

    /// <summary>With the stack; a test that ends leaves it to the next one.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public async Task EndAsync()
    {
        if (_subscriber is not null)
            await _subscriber.DisposeAsync();
        await _services.GetRequiredService<SettingsCache>().StopAsync(CancellationToken.None);
        await _services.GetRequiredService<DatabaseSchemas>().StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }

    public static async Task UntilAsync(Func<Task<bool>> isSo, Task running)
    {
        for (var i = 0; !await isSo(); i++)
        {
            Assert.True(i < 2400, "It was still not so after two minutes.");
            Assert.False(running.IsCompleted, $"It ended: {running.Exception}");
            await Task.Delay(50);
        }
    }

    /// <summary>All opids from 1 on, each once, and growing within every session.</summary>
    public static void AssertInOrder(IReadOnlyList<Received> received, int count)
    {
        Assert.Equal(Enumerable.Range(1, count).Select(opid => $"hot-0:{opid}").Order(StringComparer.Ordinal), received.Select(message => message.MessageId!).Order(StringComparer.Ordinal));
        foreach (var session in received.GroupBy(message => message.SessionId))
            Assert.Equal(session.Select(message => (long)message.Properties["opid"]!).Order(), session.Select(message => (long)message.Properties["opid"]!));
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
