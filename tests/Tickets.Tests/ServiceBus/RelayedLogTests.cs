using Tickets.Core.Oplog;

namespace Tickets.Tests.ServiceBus;

/// <summary>What the relay reads of the log, and how long the log is kept for it.</summary>
[Collection(nameof(ServiceBusStack))]
public sealed class RelayedLogTests(ServiceBusStack stack)
{
    private static readonly Task Unending = new TaskCompletionSource().Task;

    [Fact]
    public async Task What_others_have_had_read_a_moment_ago_is_published_from_memory()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        var tail = scene.Tail(new OplogHead(scene.TheShard, TimeProvider.System));
        var waiter = new OplogWaiter(_ => true);
        using var seat = tail.Join(0, waiter);
        await RelayScene.UntilAsync(() => Task.FromResult(tail.TryRead(0, 100, _ => true) is not null), Unending);
        await scene.AppendAsync(10);
        await RelayScene.UntilAsync(() => Task.FromResult(tail.TryRead(0, 100, _ => true)?.Ops.Count == 10), Unending);

        // Only who asks the database finds that they are gone.
        await scene.ExecuteAsync("delete from oplog");
        await scene.Relay(tail: tail).DrainAsync(CancellationToken.None);

        RelayScene.AssertInOrder(await scene.ReceiveAsync(10), 10);
        Assert.Equal(10, await scene.CheckpointAsync());
    }

    [Fact]
    public async Task A_log_that_is_past_its_retention_is_kept_until_it_is_published_and_dropped_at_the_hard_limit()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.Relay().DrainAsync(CancellationToken.None);
        await scene.AppendAsync(5, at: DateTimeOffset.UtcNow.AddDays(-10));
        // The next op lies in the next partition, so the first one is full.
        await scene.ExecuteAsync($"update oplog_head set last_opid = {OplogPartitions.Size}");
        await scene.AppendAsync(1);

        var kept = await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30));
        Assert.Equal(0, kept.Dropped);
        Assert.Contains(707, kept.LogIds);

        await scene.ExecuteAsync("update oplog_followers set opid = 5");
        var published = await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30));
        Assert.Equal((1, false), (published.Dropped, published.LogIds.Contains(707)));
        Assert.Equal(1, await scene.ScalarAsync<long>("select count(*) from oplog"));
    }

    [Fact]
    public async Task At_the_hard_limit_unpublished_ops_go_and_the_relay_goes_on_with_those_that_are_left()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(3, at: DateTimeOffset.UtcNow.AddDays(-40));
        await scene.Relay().DrainAsync(CancellationToken.None);
        await scene.AppendAsync(5, at: DateTimeOffset.UtcNow.AddDays(-40));
        await scene.ExecuteAsync($"update oplog_head set last_opid = {OplogPartitions.Size}");
        await scene.AppendAsync(2);

        Assert.Equal(1, (await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30))).Dropped);
        await scene.Relay().DrainAsync(CancellationToken.None);

        Assert.Equal(OplogPartitions.Size + 2, await scene.CheckpointAsync());
        Assert.Equal(["hot-0:1", "hot-0:2", "hot-0:2000001", "hot-0:2000002", "hot-0:3"], (await scene.ReceiveAsync(5)).Select(message => message.MessageId).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ops_past_the_hard_limit_go_although_their_partition_is_not_full()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(12_000, at: DateTimeOffset.UtcNow.AddDays(-40));
        await scene.AppendAsync(3, at: DateTimeOffset.UtcNow.AddDays(-10));
        // The clock of the process that wrote it was wrong: what is after a younger op stays with it, or there would be a gap.
        await scene.AppendAsync(1, at: DateTimeOffset.UtcNow.AddDays(-40));

        var run = await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30));

        Assert.Equal((0, true), (run.Dropped, run.LogIds.Contains(710)));
        Assert.Equal((12_001, 4), (await scene.ScalarAsync<long>("select min(opid) from oplog"), await scene.ScalarAsync<long>("select count(*) from oplog")));
        Assert.Empty((await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30))).LogIds);
        await scene.Relay().DrainAsync(CancellationToken.None);
        Assert.Equal(12_004, await scene.CheckpointAsync());
        await scene.ExecuteAsync("update oplog set at = now() - interval '60 days'");
        await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30));
        Assert.Equal(0, await scene.ScalarAsync<long>("select count(*) from oplog"));
    }

    [Fact]
    public async Task A_stretch_of_the_log_ends_early_when_its_diffs_are_long_and_never_before_its_first_op()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(10, new string('x', 1_000));
        await scene.AppendAsync(2);

        Assert.Equal((2, 2, true), await ReadAsync(0, mostBytes: 2_500));
        Assert.Equal((4, 12, true), await ReadAsync(8, mostBytes: 2_500));
        Assert.Equal((2, 12, true), await ReadAsync(10, mostBytes: 2_500));
        Assert.Equal((1, 1, true), await ReadAsync(0, mostBytes: 1));
        Assert.Equal((1, 12, true), await ReadAsync(11, mostBytes: 1));
        Assert.Equal((3, 3, true), await ReadAsync(0, mostBytes: 1_000_000, max: 3));
        Assert.Equal((12, 12, true), await ReadAsync(0, mostBytes: 1_000_000));
        // Those that are too long to be fetched do not count.
        Assert.Equal((12, 12, false), await ReadAsync(0, mostBytes: 500, longest: 100));
        Assert.Equal((0, 12, true), await ReadAsync(12, mostBytes: 1));

        async Task<(int Ops, long ReadTo, bool WithDiffs)> ReadAsync(long after, long mostBytes, int max = 100, int longest = int.MaxValue)
        {
            var stretch = await OplogRows.ReadAsync(scene.TheShard, after, max, 1_000, OplogFilter.None, longest, mostBytes, CancellationToken.None);
            return (stretch.Ops.Count, stretch.ReadTo, stretch.Ops.All(op => op.Diff is not null));
        }
    }
}
