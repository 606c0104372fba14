using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Tickets.Bench.Hot;
using Tickets.Bench.Hot.Requests;
using Tickets.Bench.Load;
using Tickets.Bench.Report;
using Tickets.Bench.Stack;

namespace Tickets.Bench.Oplog;

/// <summary>The change log: how soon it arrives, how fast it flows, and what it costs those who write.</summary>
internal sealed class OplogArea : IBenchArea
{
    private const string DeliveryP50 = "delivery_p50", DeliveryP99 = "delivery_p99", RelayRate = "relay_throughput";
    private const string PollP99 = "long_poll_p99", IdleReads = "long_poll_idle_reads", CreateRatio = "create_with_readers";
    private const int Pollers = 100;
    private const double Rate = 500;

    private static readonly IReadOnlyList<string> PolledQueues = [.. HotQueues.Many.Take(Pollers - 1), HotQueues.Loud];

    public string Name => "oplog";

    public string Title => "The change log to subscribers, over Service Bus and HTTP";

    public string Description => "The change log: to a subscriber of the official SDK, to a hundred long polls, and what that costs the writers.";

    public IReadOnlyList<string> Figures { get; } = [DeliveryP50, DeliveryP99, RelayRate, PollP99, IdleReads, CreateRatio];

    public async Task RunAsync(BenchRequest request)
    {
        var environment = new Dictionary<string, string>();
        await using var stack = await BenchStack.StartAsync(request.App, request.Sheet.Progress, withServiceBus: true, environment);
        using (var client = stack.CreateClient())
            await HotQueues.MakeAsync(client, withMany: true);
        var length = TimeSpan.FromSeconds(request.Quick ? 8 : 30);
        if (request.Wants([DeliveryP50, DeliveryP99]))
            await DeliveryAsync(stack, length, request.Sheet);
        if (request.Wants([PollP99, IdleReads]))
            await LongPollsAsync(stack, length, request.Sheet);
        if (request.Wants([CreateRatio]))
            await CreatesAsync(stack, environment, length, request);
        if (request.Wants([RelayRate]))
            await RelayAsync(stack, request.Quick ? 50_000 : 200_000, request.Sheet);
    }

    private static async Task DeliveryAsync(BenchStack stack, TimeSpan length, Sheet sheet)
    {
        sheet.Progress($"A subscriber of the official SDK at {Rate} changes/s");
        using var subscriber = DeliverySubscriber.Start(stack.ServiceBus);
        using var client = stack.CreateClient();
        var nonces = new NonceStock(client);
        await nonces.FillAsync();
        var plan = new LoadPlan([stack.Apps[0].Address], 16, TimeSpan.FromSeconds(10), length, Rate);
        var running = LoadRun.RunAsync(plan, new CreateRequests(stack.Key, nonces, [HotQueues.Main], 1000));
        await Task.WhenAll(subscriber.ReadyAsync(), Task.Delay(plan.WarmUp));
        await subscriber.MeasureAsync();
        var creates = (await running).OrThrow("creates");
        await Task.Delay(1000);
        var delays = await subscriber.StopAsync();
        if (delays.Count < Rate * length.TotalSeconds * 0.9)
            throw new BenchException($"Only {delays.Count} changes have arrived.");
        sheet.Info("delivered", delays.Count, "changes");
        sheet.Info("delivery_max", delays.Max, "ms");
        // A change bears the time of its start: what the writer itself took is in the figures.
        sheet.Info("delivery_create_p99", creates.Latency.Milliseconds(0.99), "ms");
        sheet.Figure(DeliveryP50, delays.P50, "ms", Target.AtMost(150));
        sheet.Figure(DeliveryP99, delays.P99, "ms", Target.AtMost(1000));
    }

    private static async Task LongPollsAsync(BenchStack stack, TimeSpan length, Sheet sheet)
    {
        sheet.Progress($"{Pollers} long polls on one queue");
        using var client = PollingClient(stack);
        await using var pollers = new LongPollers(client, [.. Enumerable.Repeat(HotQueues.Quiet, Pollers)]);
        // Sessions that have gone idle tell the server's statistics what they did only after ten seconds.
        await Task.Delay(12_000);
        var before = await TransactionsAsync(stack);
        var waited = Stopwatch.StartNew();
        await Task.Delay(12_000);
        var reads = (await TransactionsAsync(stack) - before) / waited.Elapsed.TotalSeconds;
        pollers.Measure();
        for (var until = Stopwatch.StartNew(); until.Elapsed < length;)
        {
            // One change a second wakes all of them; they come again after the pause that they are told.
            using var made = await client.PostAsJsonAsync("tickets", new JsonObject { ["queue"] = HotQueues.Quiet });
            made.EnsureSuccessStatusCode();
            await Task.Delay(1000);
        }

        await Task.Delay(500);
        sheet.Info("long_poll_answers", pollers.Answers, "answers");
        sheet.Info("long_poll_p50", pollers.Delays.Milliseconds(0.50), "ms");
        sheet.Figure(PollP99, pollers.Delays.Milliseconds(0.99), "ms", Target.AtMost(200));
        // One probe of the head each 100 ms, the relay's, and the upkeep's: however many wait.
        sheet.Figure(IdleReads, reads, "transactions/s", Target.AtMost(40));
    }

    private static async Task CreatesAsync(BenchStack stack, Dictionary<string, string> environment, TimeSpan length, BenchRequest request)
    {
        var (without, with) = (new List<CreateRun>(), new List<CreateRun>());
        for (var round = 0; round < (request.Quick ? 2 : 3); round++)
        {
            environment["ServiceBusConnection"] = "";
            await RestartAsync(stack);
            request.Sheet.Progress("Creates without readers");
            without.Add(await CreateRun.MeasureAsync(stack, length));

            environment["ServiceBusConnection"] = stack.ServiceBus.ConnectionString;
            await RestartAsync(stack);
            request.Sheet.Progress($"Creates with the relay, {Pollers} long polls and a webhook");
            // What was written while nobody relayed is not part of what relaying costs.
            await PublishedAsync(stack, ops: 1, share: 1);
            using var client = PollingClient(stack);
            using var receiver = new WebhookSink();
            var webhook = await MakeWebhookAsync(client, receiver.Url);
            await using (new LongPollers(client, PolledQueues))
            {
                await Task.Delay(2000);
                with.Add(await CreateRun.MeasureAsync(stack, length));
            }

            request.Sheet.Info("webhook_deliveries", receiver.Count, "requests");
            using var removed = await client.DeleteAsync($"webhooks/{webhook}");
        }

        Tell(request.Sheet, "create_without_readers", without);
        Tell(request.Sheet, "create_beside_readers", with);
        request.Sheet.Figure(CreateRatio, Median.Of(with.ConvertAll(run => run.PerSecond)) / Median.Of(without.ConvertAll(run => run.PerSecond)), "x", Target.AtLeast(0.85));
    }

    /// <summary>What each party spends on a create, too: the broker stands for Service Bus, which is elsewhere, and readers run on machines of their own.</summary>
    private static void Tell(Sheet sheet, string name, List<CreateRun> runs)
    {
        sheet.Info(name, Median.Of(runs.ConvertAll(run => run.PerSecond)), "requests/s");
        foreach (var (party, cost) in new (string, Func<CreateRun, double>)[] { ("app", run => run.App), ("postgres", run => run.Postgres), ("broker", run => run.Broker), ("bench", run => run.Bench) })
            sheet.Info($"{name}_{party}", Median.Of(runs.ConvertAll(run => cost(run))), "us");
    }

    private static async Task RelayAsync(BenchStack stack, int ops, Sheet sheet)
    {
        sheet.Progress($"The relay with {ops:N0} ops before it");
        while (stack.Apps.Count > 0)
            await stack.StopAppAsync(stack.Apps[0]);
        await Sql.ExecuteAsync(stack.Shard,
            $"""
            with head as (update oplog_head set last_opid = last_opid + {ops} returning last_opid)
            insert into oplog (opid, at, ticket_id, queue_id, kind, version, status, diff)
            select last_opid - {ops} + n, now(), 5000000 + n, 1, 'created', 1, 's0',
                json_build_object('set', json_build_object('status', 's0', 'indexed_meta.n1', n, 'meta.task', json_build_object('note', repeat('a line of text ', 12))))
            from head, generate_series(1, {ops}) n;
            update oplog_followers set opid = (select last_opid from oplog_head) - {ops} where follower = 'service-bus'
            """);
        await stack.StartAppAsync();
        var (first, last) = await (PublishedAsync(stack, ops, 0.05), PublishedAsync(stack, ops, 1.0)).WhenBoth();
        sheet.Figure(RelayRate, ops * 0.95 / (last - first).TotalSeconds, "ops/s", Target.AtLeast(5000));
    }

    /// <summary>When this share of the ops had been published.</summary>
    private static async Task<TimeSpan> PublishedAsync(BenchStack stack, int ops, double share)
    {
        var watch = Stopwatch.GetTimestamp();
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromMinutes(3); await Task.Delay(10))
        {
            var left = (await Sql.ReadAsync<long>(stack.Shard, "select last_opid - opid from oplog_head, oplog_followers where follower = 'service-bus'")).Single();
            if (left <= ops * (1 - share))
                return Stopwatch.GetElapsedTime(watch);
        }

        throw new BenchException("The relay did not come to its end.");
    }

    private static async Task RestartAsync(BenchStack stack)
    {
        while (stack.Apps.Count > 0)
            await stack.StopAppAsync(stack.Apps[0]);
        await stack.StartAppAsync();
    }

    private static HttpClient PollingClient(BenchStack stack)
    {
        var client = stack.CreateClient();
        client.Timeout = TimeSpan.FromSeconds(60);
        return client;
    }

    private static async Task<string> MakeWebhookAsync(HttpClient client, Uri url)
    {
        using var made = await client.PostAsJsonAsync("webhooks", new JsonObject { ["url"] = url.ToString(), ["queue"] = HotQueues.Loud });
        made.EnsureSuccessStatusCode();
        return (string)(await made.Content.ReadFromJsonAsync<JsonObject>())!["webhook_id"]!;
    }

    private static async Task<double> TransactionsAsync(BenchStack stack) =>
        (await Sql.ReadAsync<long>(stack.Shard, "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()")).Single();
}

internal static class Both
{
    public static async Task<(T, T)> WhenBoth<T>(this (Task<T> First, Task<T> Second) tasks) => (await tasks.First, await tasks.Second);
}
