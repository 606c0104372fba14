using System.Text;
using Tickets.Bench.Hot;
using Tickets.Bench.Load;
using Tickets.Bench.Measure;
using Tickets.Bench.Report;
using Tickets.Bench.Stack;

namespace Tickets.Bench.Start;

/// <summary>From nothing to the first ticket, against the least that ASP.NET Core can do.</summary>
internal sealed class StartArea : IBenchArea
{
    private const string VersusEmpty = "first_ticket_vs_empty_app";
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    public string Name => "start";

    public string Title => "Cold start";

    public string Description => "Cold start of the app to its first answers and its first ticket, against an empty ASP.NET Core app; memory at rest.";

    public IReadOnlyList<string> Figures { get; } = [VersusEmpty];

    public async Task RunAsync(BenchRequest request)
    {
        var sheet = request.Sheet;
        await using var stack = await BenchStack.StartAsync(request.App, sheet.Progress);
        using (var client = stack.CreateClient())
            await HotQueues.MakeAsync(client, withMany: false);
        var app = AppLaunch.Of(stack.Apps[0].Pid);
        await stack.StopAppAsync(stack.Apps[0]);
        var empty = app with { Executable = Path.Combine(AppContext.BaseDirectory, "empty-app", "Tickets.EmptyApp") };

        var (empties, roots, readies, tickets) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        // The first start of each brings its files into the page cache and is not counted.
        for (var round = 0; round <= (request.Quick ? 5 : 15); round++)
        {
            sheet.Progress(round == 0 ? "First starts" : $"Cold starts, round {round}");
            var bare = await StartEmptyAsync(empty);
            var first = await StartAsync(app, Get("/api/v1/health/live"));
            var ready = await StartAsync(app, Get("/api/v1/health/ready"));
            var ticket = await StartAsync(app, Create(stack.Key));
            if (round == 0)
                continue;
            empties.Add(bare);
            roots.Add(first);
            readies.Add(ready);
            tickets.Add(ticket);
        }

        sheet.Info("empty_app_first_answer", Median.Of(empties), "ms");
        sheet.Info("first_answer", Median.Of(roots), "ms");
        sheet.Info("ready", Median.Of(readies), "ms");
        sheet.Info("first_ticket", Median.Of(tickets), "ms");
        sheet.Info("memory_at_rest", await MemoryAtRestAsync(app), "MB");
        sheet.Figure(VersusEmpty, Median.Of(tickets) / Median.Of(empties), "x", Target.AtMost(1.6));
    }

    private static async Task<double> StartEmptyAsync(AppLaunch empty)
    {
        var port = ColdProcess.FreePort();
        await using var process = ColdProcess.Start(empty.Executable, empty.With("ASPNETCORE_URLS", Address(port)).Environment, port);
        return await process.FirstSuccessAsync(Get("/"));
    }

    private static async Task<double> StartAsync(AppLaunch app, ReadOnlyMemory<byte> request)
    {
        await using var process = Start(app);
        return await process.FirstSuccessAsync(request);
    }

    private static async Task<double> MemoryAtRestAsync(AppLaunch app)
    {
        await using var process = Start(app);
        await process.FirstSuccessAsync(Get("/api/v1/health/ready"));
        await Task.Delay(Rest);
        return ProcessTimes.ResidentMegabytes(process.Pid);
    }

    private static ColdProcess Start(AppLaunch app)
    {
        var port = ColdProcess.FreePort();
        return ColdProcess.Start(app.Executable, app.With("Hosting__Url", Address(port)).Environment, port);
    }

    private static string Address(int port) => $"http://127.0.0.1:{port}";

    private static byte[] Get(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

    private static byte[] Create(string key) =>
        new RequestText(key).Begin("POST /api/v1/tickets"u8).Body()
            .Append("{\"queue\":\"bench/main\",\"meta\":{\"task\":{\"note\":\"the first\"}},\"indexed_meta\":{\"n1\":1}}"u8).End().ToArray();
}
