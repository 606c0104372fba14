using Tickets.Bench.Hot.Floor;
using Tickets.Bench.Hot.Requests;
using Tickets.Bench.Load;
using Tickets.Bench.Measure;
using Tickets.Bench.Report;
using Tickets.Bench.Stack;

namespace Tickets.Bench.Hot;

/// <summary>The product and the floor side by side on one server, filled, and the means to load them.</summary>
internal sealed class HotScene : IAsyncDisposable
{
    public const int Connections = 64;

    private readonly FloorDatabase? _floor;
    private readonly HotFill _fill;
    private HttpClient _client;
    private double? _peak;

    private HotScene(BenchStack stack, HotFill fill, FloorDatabase? floor, HotTimes times, Sheet sheet)
    {
        (Stack, _fill, _floor, Times, Sheet) = (stack, fill, floor, times, sheet);
        _client = stack.CreateClient();
        Nonces = new NonceStock(_client);
        Book = new TicketBook(times.Tickets);
    }

    public BenchStack Stack { get; }

    public HotTimes Times { get; }

    public Sheet Sheet { get; }

    public NonceStock Nonces { get; private set; }

    public TicketBook Book { get; }

    public FloorDatabase Floor => _floor ?? throw new InvalidOperationException("This run has no floor.");

    /// <summary>Values of the field <c>n1</c>, each shared by about five tickets.</summary>
    public long Keys => Times.Tickets / 5;

    public static async Task<HotScene> MakeAsync(HotTimes times, bool withFloor, bool withMany, string? app, Sheet sheet)
    {
        if (withFloor)
            await PgBench.CheckAsync();
        var stack = await BenchStack.StartAsync(app, sheet.Progress);
        try
        {
            sheet.Progress(withMany ? $"Making {HotQueues.ManyCount} queues" : "Making queues");
            using (var client = stack.CreateClient())
                await HotQueues.MakeAsync(client, withMany);
            await stack.StopAppAsync(stack.Apps[0]);

            sheet.Progress($"Filling in {times.Tickets:N0} tickets{(withFloor ? ", and as many of the floor" : "")}");
            var fill = new HotFill(stack.SettingsDatabase, stack.Shard);
            var floor = withFloor ? FloorDatabase.MakeAsync(stack.Server, times.Tickets) : null;
            await fill.FillMainAsync(1, times.Tickets);
            if (withMany)
                await fill.FillManyAsync(times.TicketsOfMany);

            await stack.StartAppAsync();
            var scene = new HotScene(stack, fill, floor is null ? null : await floor, times, sheet);
            await scene.WarmUpAsync();
            return scene;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>More tickets for the main queue, which has those that <see cref="Times"/> names. The app is started anew.</summary>
    public async Task FillUpToAsync(long tickets)
    {
        await Stack.StopAppAsync(Stack.Apps[0]);
        await _fill.FillMainAsync(Times.Tickets + 1, tickets);
        await Stack.StartAppAsync();
        _client.Dispose();
        _client = Stack.CreateClient();
        Nonces = new NonceStock(_client);
        await WarmUpAsync();
    }

    public UpdateRequests Updates() => new(Stack.Key, Book, Connections);

    public FindRequests Finds() => Finds([HotQueues.Main], Keys);

    public FindRequests Finds(IReadOnlyList<string> queues, long keys) => new(Stack.Key, queues, keys);

    public CreateRequests Creates() => Creates([HotQueues.Main]);

    public CreateRequests Creates(IReadOnlyList<string> queues, long? keys = null) => new(Stack.Key, Nonces, queues, keys ?? Keys);

    /// <summary>A load against all apps that run.</summary>
    public LoadPlan Plan(int connections = Connections, double? rate = null) =>
        new([.. Stack.Apps.Select(app => app.Address)], connections, Times.WarmUp, Times.Measured, rate);

    public Task<LoadResult> RunAsync(string name, IRequests requests, int connections = Connections, double? rate = null) => RunAsync(name, Plan(connections, rate), requests);

    public async Task<LoadResult> RunAsync(string name, LoadPlan plan, IRequests requests) => (await WatchAsync(name, plan, requests)).Result;

    /// <summary>Runs a load after a checkpoint, as the floor's runs are, and notes under <paramref name="name"/> where the processor time went.</summary>
    public async Task<(LoadResult Result, ProcessorUse Use)> WatchAsync(string name, LoadPlan plan, IRequests requests)
    {
        await Sql.ExecuteAsync(Stack.Shard, "checkpoint");
        Sheet.Progress($"{name}: {plan.Connections} connections{(plan.RatePerSecond is { } rate ? $", {rate:0}/s" : "")}, {plan.Duration.TotalSeconds:0} s");
        var running = LoadRun.RunAsync(plan, requests);
        await Task.WhenAny(running, Task.Delay(plan.WarmUp));
        var processors = new ProcessorWatch([.. Stack.Apps.Select(app => app.Pid)], Stack.PostgresPid);
        var result = await running;
        var use = processors.Read();
        Note(name, result, use);
        return (result, use);
    }

    /// <summary>The app's create rate, measured when a figure needs it and none has measured it yet.</summary>
    public async Task<double> PeakAsync() => _peak ??= (await RunAsync("create_peak", Creates())).OrThrow("create_peak").PerSecond;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Stack.DisposeAsync();
    }

    private async Task WarmUpAsync()
    {
        Sheet.Progress("Warming up");
        await Nonces.FillAsync();
        var plan = Plan() with { WarmUp = TimeSpan.Zero, Duration = Times.FirstWarmUp };
        (await LoadRun.RunAsync(plan, Creates())).OrThrow("Warming up with creates");
        (await LoadRun.RunAsync(plan, Updates())).OrThrow("Warming up with updates");
        (await LoadRun.RunAsync(plan, Finds())).OrThrow("Warming up with searches");
    }

    private void Note(string name, LoadResult result, ProcessorUse use)
    {
        Sheet.Info($"{name}_per_s", result.PerSecond, "requests/s");
        Sheet.Info($"{name}_p50", result.Latency.Milliseconds(0.50), "ms");
        Sheet.Info($"{name}_p99", result.Latency.Milliseconds(0.99), "ms");
        var requests = (double)(result.Done + result.RefusedCount);
        foreach (var (party, seconds) in new[] { ("app", use.App), ("postgres", use.Postgres), ("generator", use.Generator) })
            Sheet.Info($"{name}_cpu_{party}", requests > 0 ? seconds / requests * 1e6 : 0, "us/request");
        Sheet.Info($"{name}_cpu_others", use.Others / use.Elapsed, "cores");
        if (result.RefusedCount > 0)
            Sheet.Info($"{name}_refused", result.RefusedPerSecond, "requests/s");
        if (result.NeverSent > 0)
            Sheet.Info($"{name}_never_sent", result.NeverSent / result.Elapsed.TotalSeconds, "requests/s");
    }
}
