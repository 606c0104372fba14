using Tickets.Bench.Hot;
using Tickets.Bench.Hot.Requests;
using Tickets.Bench.Load;
using Tickets.Bench.Report;
using Tickets.Bench.Stack;

namespace Tickets.Bench.Orchestration;

/// <summary>Creates over HTTP into queues whose tickets have no orchestration, one with a lifetime, and one that asks for acceptance besides.</summary>
internal static class LifecycleCreates
{
    private const int Connections = 64;
    private const long Keys = 40_000;

    public static async Task RunAsync(BenchRequest request)
    {
        var sheet = request.Sheet;
        await using var stack = await BenchStack.StartAsync(request.App, sheet.Progress);
        using var client = stack.CreateClient();
        await HotQueues.MakeLivingAsync(client);
        var nonces = new NonceStock(client);
        await nonces.FillAsync();
        string[] queues = [HotQueues.Main, HotQueues.Living, HotQueues.Reminded];
        await LoadAsync("creates_warm_up", queues, TimeSpan.FromSeconds(request.Quick ? 5 : 15));

        // They take turns, so that what else the machine does hits all of them.
        var rates = queues.ToDictionary(queue => queue, _ => new List<double>());
        for (var round = 0; round < (request.Quick ? 2 : 4); round++)
        {
            foreach (var queue in queues)
                rates[queue].Add(await LoadAsync($"creates in {queue}, round {round + 1}", [queue], TimeSpan.FromSeconds(request.Quick ? 5 : 15)));
        }

        var (plain, living, reminded) = (Median.Of(rates[HotQueues.Main]), Median.Of(rates[HotQueues.Living]), Median.Of(rates[HotQueues.Reminded]));
        sheet.Info("creates_without_lifecycle", plain, "creates/s");
        sheet.Info("creates_with_lifetime", living, "creates/s");
        sheet.Info("creates_with_lifetime_and_reminders", reminded, "creates/s");
        sheet.Info("creates_with_reminders_vs_without", reminded / plain, "x");
        sheet.Figure("creates_with_lifecycle_vs_without", living / plain, "x", Target.AtLeast(0.7));

        async Task<double> LoadAsync(string what, IReadOnlyList<string> into, TimeSpan time)
        {
            await Sql.ExecuteAsync(stack.Shard, "checkpoint");
            sheet.Progress(what);
            var plan = new LoadPlan([.. stack.Apps.Select(app => app.Address)], Connections, TimeSpan.FromSeconds(1), time);
            return (await LoadRun.RunAsync(plan, new CreateRequests(stack.Key, nonces, into, Keys))).OrThrow(what).PerSecond;
        }
    }
}
