using Tickets.Bench.Hot;
using Tickets.Bench.Hot.Requests;
using Tickets.Bench.Load;
using Tickets.Bench.Measure;
using Tickets.Bench.Stack;

namespace Tickets.Bench.Oplog;

/// <summary>Creates at full rate, and the processor time that each of them costs, in microseconds.</summary>
/// <param name="Bench">Of the load and of whoever reads the log in this program.</param>
internal sealed record CreateRun(double PerSecond, double App, double Postgres, double Broker, double Bench)
{
    public static async Task<CreateRun> MeasureAsync(BenchStack stack, TimeSpan length)
    {
        using var client = stack.CreateClient();
        var nonces = new NonceStock(client);
        await nonces.FillAsync();
        await Sql.ExecuteAsync(stack.Shard, "checkpoint");
        var plan = new LoadPlan([stack.Apps[0].Address], HotScene.Connections, TimeSpan.FromSeconds(10), length, null);
        var running = LoadRun.RunAsync(plan, new CreateRequests(stack.Key, nonces, [HotQueues.Loud], 1000));
        await Task.Delay(plan.WarmUp);
        var (watch, broker) = (new ProcessorWatch([stack.Apps[0].Pid], stack.PostgresPid), BrokerSeconds());
        var rate = (await running).OrThrow("creates").PerSecond;
        var use = watch.Read();
        return new CreateRun(rate, Cost(use.App), Cost(use.Postgres), Cost(BrokerSeconds() - broker), Cost(use.Generator));

        double BrokerSeconds() => ProcessTimes.Of(stack.ServiceBus.Pid)!.Seconds;
        double Cost(double seconds) => seconds * 1e6 / (rate * use.Elapsed);
    }
}
