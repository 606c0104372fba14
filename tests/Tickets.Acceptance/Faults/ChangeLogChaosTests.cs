using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Tickets.Local;
using Tickets.Tests.ServiceBus;

namespace Tickets.Acceptance.Faults;

/// <summary>
/// The change log while everything is killed in turn. Run by <c>chaos changes-relayed</c>; <c>TICKETS_CHAOS_OPS=100000</c> in the environment makes
/// it the whole thing.
/// </summary>
public class ChangeLogChaosTests(RunningApp app)
{
    private const int Pollers = 4;

    private static readonly int Ops = int.TryParse(Environment.GetEnvironmentVariable("TICKETS_CHAOS_OPS"), CultureInfo.InvariantCulture, out var ops) ? ops : 1_000;

    [Fact(Explicit = true)]
    public async Task Whatever_is_killed_every_op_reaches_every_reader_once_and_in_order()
    {
        await using var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with { WithApp = true, WithServiceBus = true, ExistingStorage = app.Stack.StorageConnectionString });
        await using var scene = await ChangeLogChaos.BeginAsync(stack);
        var said = TestContext.Current.TestOutputHelper!;
        var took = Stopwatch.StartNew();

        await using var subscriber = Subscriber.Start(stack.ServiceBus!, "tickets-oplog", "changes");
        using var written = new CancellationTokenSource();
        using var read = new CancellationTokenSource();
        var pollers = Enumerable.Range(0, Pollers).Select(number => scene.PollAsync(number, read.Token)).ToList();
        var index = scene.KeepIndexAsync(written.Token);
        var killing = scene.KillAsync(written.Token);
        var late = scene.CommitLateAsync(written.Token);
        await scene.WriteAsync(Ops);
        await written.CancelAsync();
        await Task.WhenAll(killing, late);
        said.WriteLine($"{Ops} ops written in {took.Elapsed.TotalSeconds:0} s; killed {scene.Kills}");

        var heads = await scene.SettleAsync();
        await scene.UntilReadAsync(heads, subscriber);
        await read.CancelAsync();
        var polled = await Task.WhenAll(pollers);
        said.WriteLine($"{heads.Values.Sum()} ops on {heads.Count} shards; the subscriber was given {subscriber.Messages.Count} messages; settled after {took.Elapsed.TotalSeconds:0} s");

        foreach (var log in polled)
            AssertDense(log, heads);
        AssertDense(InOrder(subscriber.Messages), heads);
        Assert.Superset(scene.Acknowledged.ToHashSet(), subscriber.Messages.Where(message => message.Subject == "created").Select(message => (string)message.Body["subject"]!).ToHashSet());
        await index;
        Assert.True(await scene.IndexIsRightAsync(), scene.IndexReport);
        said.WriteLine(scene.IndexReport);
    }

    /// <summary>What is left of a subscriber's messages when those are dropped whose opid the session has passed: nothing else may be out of order.</summary>
    private static List<(string Shard, long Opid)> InOrder(IReadOnlyList<Received> messages)
    {
        var positions = new Dictionary<string, long>(StringComparer.Ordinal);
        var kept = new List<(string, long)>();
        foreach (var message in messages)
        {
            var opid = (long)message.Properties["opid"]!;
            if (opid <= positions.GetValueOrDefault(message.SessionId!))
                continue;
            positions[message.SessionId!] = opid;
            kept.Add(((string)message.Properties["shard"]!, opid));
        }

        // Sessions have an order each; across them there is none.
        return [.. kept.OrderBy(op => op.Item2)];
    }

    /// <summary>Every opid of every shard, once, in order.</summary>
    private static void AssertDense(List<(string Shard, long Opid)> log, IReadOnlyDictionary<string, long> heads)
    {
        foreach (var (shard, head) in heads)
        {
            var next = 1L;
            foreach (var (_, opid) in log.Where(op => op.Shard == shard))
                Assert.True(opid == next++, $"{shard}: op {opid} in the place of {next - 1}");
            Assert.Equal(head, next - 1);
        }
    }
}
