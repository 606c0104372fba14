using System.Diagnostics;
using Tickets.Acceptance.ChangeLog;

namespace Tickets.Acceptance.Faults;

[Collection(nameof(RelayedApp))]
public class KilledRelayTests(RelayedApp app, ITestOutputHelper output)
{
    // What docs/servicebus.md says of it.
    private const double LeaseSeconds = 4;

    [Fact]
    public async Task When_the_process_with_the_relay_is_killed_another_goes_on_within_its_lease()
    {
        var queue = await app.NewQueueAsync("hot-0");
        var standby = await app.Stack.StartAppAsync();
        var holder = await HolderAsync();
        var victim = app.Stack.Apps.Single(each => each.Pid == holder.Pid);
        await victim.KillAsync();

        // By the clock of the database: a busy machine makes it less, not more.
        var left = await app.ScalarAsync<double>("hot-0", "select extract(epoch from lease_until - clock_timestamp())::float8 from oplog_followers where follower = 'service-bus'");
        var took = Stopwatch.StartNew();
        Assert.True(left <= LeaseSeconds, $"A killed relay stands in the way for {left:0.0} s.");
        await app.Admin.CreateAsync(queue);
        await app.UntilPublishedAsync("hot-0", Assert.Single(await app.Admin.ReadAllAsync(queue: queue)).Number("opid"));

        output.WriteLine($"published again {took.Elapsed.TotalSeconds:0.0} s after the kill; {left:0.0} s of the lease were left");
        var next = await HolderAsync();
        Assert.NotEqual(holder.Pid, next.Pid);
        Assert.True(next.Fence > holder.Fence);
        Assert.False(standby.HasExited);
    }

    /// <summary>The process that has the relay of the shard, and its fence.</summary>
    private async Task<(int Pid, long Fence)> HolderAsync()
    {
        var held = "";
        await Eventually.IsAsync(
            async () => (held = await app.ScalarAsync<string>("hot-0", "select coalesce((select holder || ' ' || fence from oplog_followers where follower = 'service-bus' and lease_until > now()), '')")) != "",
            TimeSpan.FromMinutes(2));
        var (process, fence) = (held.Split(' ')[0], held.Split(' ')[1]);
        return (int.Parse(process[(process.LastIndexOf('/') + 1)..]), long.Parse(fence));
    }
}
