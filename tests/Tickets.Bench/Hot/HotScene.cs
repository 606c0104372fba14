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

    private readonly HttpClient _client;
    private readonly FloorDatabase? _floor;
    private double? _peak;

    private HotScene(BenchStack stack, FloorDatabase? floor, HotTimes times, Sheet sheet)
    {
        (Stack, _floor, Times, Sheet) = (stack, floor, times, sheet);
        _client = stack.CreateClient();
        Nonces = new NonceStock(_client);
        Book = new TicketBook(times.Tickets);
    }

    public BenchStack Stack { get; }

    public HotTimes Times { get; }

    public Sheet Sheet { get; }

    public NonceStock Nonces { get; }

    public TicketBook Book { get; }

    public FloorDatabase Floor => _floor ?? throw new InvalidOperationException("This run has no floor.");

    /// <summary>Values of the field <c>n1</c>, each shared by about five tickets.</summary>
    public long Keys => Times.Tickets / 5;

    public static async Task<HotScene> MakeAsync(HotTimes times, bool withFloor, bool withMany, Sheet sheet)
    {
        if (withFloor)
            await PgBench.CheckAsync();
        var stack = await BenchStack.StartAsync(sheet.Progress);
        try
        {
            sheet.Progress(withMany ? $"Making {HotQueues.ManyCount} queues" : "Making queues");
            using (var client = stack.CreateClient())
                await HotQueues.MakeAsync(client, withMany);
            await stack.StopAppAsync(stack.Apps[0]);

            sheet.Progress($"Filling in {times.Tickets:N0} tickets");
            var fill = new HotFill(stack.SettingsDatabase, stack.Shard);
            await fill.FillMainAsync(1, times.Tickets);
            if (withMany)
                await fill.FillManyAsync(times.TicketsOfMany);
            if (withFloor)
                sheet.Progress($"Filling in {times.Tickets:N0} tickets of the floor");
            var floor = withFloor ? await FloorDatabase.MakeAsync(stack.Server, times.Tickets) : null;

            await stack.StartAppAsync();
            var scene = new HotScene(stack, floor, times, sheet);
            await scene.Nonces.FillAsync();
            return scene;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    public CreateRequests Creates(IReadOnlyList<string> queues, long? keys = null) => new(Stack.Key, Nonces, queues, keys ?? Keys);

    public CreateRequests Creates() => Creates([HotQueues.Main]);

    /// <summary>A closed loop against all apps.</summary>
    public Task<LoadResult> RunAsync(string name, IRequests requests, int connections = Connections) => RunAsync(name, Plan(connections), requests);

    public LoadPlan Plan(int connections = Connections, double? rate = null) =>
        new([.. Stack.Apps.Select(app => app.Address)], connections, Times.WarmUp, Times.Measured, rate);

    /// <summary>Runs a load after a checkpoint, as the floor's runs are, and notes under <paramref name="name"/> where the time went.</summary>
    public async Task<LoadResult> RunAsync(string name, LoadPlan plan, IRequests requests)
    {
        await Sql.ExecuteAsync(Stack.Shard, "checkpoint");
        Sheet.Progress($"{name}: {plan.Connections} connections{(plan.RatePerSecond is { } rate ? $", {rate:0}/s" : "")}, {plan.Duration.TotalSeconds:0} s");
        var running = LoadRun.RunAsync(plan, requests);
        await Task.WhenAny(running, Task.Delay(plan.WarmUp));
        var processors = new ProcessorWatch([.. Stack.Apps.Select(app => app.Pid)], Stack.PostgresPid);
        var result = await running;
        Note(name, result, processors.Read());
        return result;
    }

    /// <summary>The app's create rate, measured once when a figure needs it and none has measured it yet.</summary>
    public async Task<double> PeakAsync() => _peak ??= (await RunAsync("create_peak", Creates())).OrThrow("create_peak").PerSecond;

    public void KnowPeak(double perSecond) => _peak = perSecond;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Stack.DisposeAsync();
    }

    private void Note(string name, LoadResult result, ProcessorUse use)
    {
        Sheet.Info($"{name}_per_s", result.PerSecond, "requests/s");
        Sheet.Info($"{name}_p50", result.Latency.Milliseconds(0.50), "ms");
        Sheet.Info($"{name}_p99", result.Latency.Milliseconds(0.99), "ms");
        var requests = (result.PerSecond + result.RefusedPerSecond) * use.Elapsed;
        foreach (var (party, seconds) in new[] { ("app", use.App), ("postgres", use.Postgres), ("generator", use.Generator) })
            Sheet.Info($"{name}_cpu_{party}", requests > 0 ? seconds / requests * 1e6 : 0, "us/request");
        Sheet.Info($"{name}_cpu_others", use.Others / use.Elapsed, "cores");
        if (result.RefusedCount > 0)
            Sheet.Info($"{name}_refused", result.RefusedPerSecond, "requests/s");
    }
}
