using Tickets.Bench.Hot;
using Tickets.Bench.Hot.Requests;
using Tickets.Bench.Load;
using Tickets.Bench.Report;

namespace Tickets.Bench.Cold;

/// <summary>What a running archiver costs creates that take all the app can give.</summary>
internal sealed class ArchiverBesideCreates : ColdScenario
{
    private const int Connections = 64;

    public override IReadOnlyList<string> Figures => ["creates_slowed_by_archiver"];

    public override async Task RunAsync(ColdScene scene)
    {
        await scene.FillAsync(scene.Tickets);
        var nonces = new NonceStock(scene.Client);
        await nonces.FillAsync();
        var plan = new LoadPlan([.. scene.Stack.Apps.Select(app => app.Address)], Connections, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8));
        await LoadAsync("warm");
        var (alone, beside) = (new List<double>(), new List<double>());
        var archived = 0.0;
        for (var round = 0; round < 2; round++)
        {
            alone.Add(await LoadAsync("creates"));
            scene.Sheet.Progress("Creates beside the archiver");
            var running = scene.Client.PostAsync("archive/runs", null);
            await Task.Delay(500);
            beside.Add(await LoadAsync("creates beside the archiver"));
            if (running.IsCompleted)
                scene.Sheet.Progress("The archiver was done before the load: the figure is too good");
            using var response = await running;
            using var report = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            archived += report.RootElement.GetProperty("tickets").GetInt64();
            if (round == 0)
                await scene.FillAsync(scene.Tickets);
        }

        scene.Sheet.Info("creates_alone_per_s", Median.Of(alone), "requests/s");
        scene.Sheet.Info("creates_beside_archiver_per_s", Median.Of(beside), "requests/s");
        scene.Sheet.Info("archived_beside_creates", archived, "tickets");
        scene.Sheet.Figure("creates_slowed_by_archiver", 1 - (Median.Of(beside) / Median.Of(alone)), "share", Target.AtMost(0.2));

        async Task<double> LoadAsync(string what) =>
            (await LoadRun.RunAsync(plan, new CreateRequests(scene.Stack.Key, nonces, [HotQueues.Main], 1_000))).OrThrow(what).PerSecond;
    }
}
