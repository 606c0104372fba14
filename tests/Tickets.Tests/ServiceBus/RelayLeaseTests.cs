using Tickets.Core.Oplog;

namespace Tickets.Tests.ServiceBus;

/// <summary>Of several relays one works.</summary>
[Collection(nameof(ServiceBusStack))]
public sealed class RelayLeaseTests(ServiceBusStack stack)
{
    [Fact]
    public async Task Of_several_relays_one_works_and_when_it_dies_another_goes_on()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        using var first = new CancellationTokenSource();
        using var others = new CancellationTokenSource();
        var one = scene.Relay().FollowAsync(first.Token);
        var rest = Task.WhenAll(scene.Relay().FollowAsync(others.Token), scene.Relay().FollowAsync(others.Token));
        for (var i = 0; i < 20; i++)
        {
            await scene.AppendAsync(25);
            if (i == 10)
                await first.CancelAsync();
            await Task.Delay(50);
        }

        await RelayScene.UntilAsync(async () => await scene.CheckpointAsync() == 500, rest);
        await others.CancelAsync();
        await Task.WhenAll(one, rest).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        RelayScene.AssertInOrder(await scene.ReceiveAsync(500), 500);
    }

    [Fact]
    public async Task A_holder_that_slept_past_its_lease_can_write_nothing_any_more()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await FollowerLease.EnsureAsync(scene.TheShard, "f", 0, CancellationToken.None);
        var old = (await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None))!;
        Assert.Null(await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None));
        await scene.ExecuteAsync("update oplog_followers set lease_until = now() where follower = 'f'");

        var next = (await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None))!;
        await next.AdvanceAsync(7, CancellationToken.None);

        await Assert.ThrowsAsync<LeaseLostException>(() => old.AdvanceAsync(9, CancellationToken.None));
        await Assert.ThrowsAsync<LeaseLostException>(() => old.FailAsync("late", null, null, CancellationToken.None));
        await old.ReleaseAsync();
        Assert.Null(await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None));
        Assert.Equal(7, await scene.ScalarAsync<long>("select opid from oplog_followers where follower = 'f'"));
        await next.ReleaseAsync();
        Assert.NotNull(await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None));
    }

    [Fact]
    public async Task A_lease_is_renewed_while_something_takes_longer_than_it_lasts_and_ends_that_when_it_is_lost()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await FollowerLease.EnsureAsync(scene.TheShard, "f", 0, CancellationToken.None);
        var lease = (await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromSeconds(6), TimeProvider.System, CancellationToken.None))!;
        var began = await scene.ScalarAsync<DateTime>("select lease_until from oplog_followers where follower = 'f'");
        var ended = new TaskCompletionSource();
        var working = lease.KeepWhileAsync(
            async end =>
            {
                end.Register(ended.SetResult);
                await Task.Delay(Timeout.Infinite, end);
                return true;
            },
            CancellationToken.None);
        await RelayScene.UntilAsync(async () => await scene.ScalarAsync<bool>($"select lease_until > timestamptz '{began:o}' + interval '1 second' from oplog_followers where follower = 'f'"), working);

        await scene.ExecuteAsync("update oplog_followers set fence = fence + 1 where follower = 'f'");

        await Assert.ThrowsAsync<LeaseLostException>(() => working);
        await ended.Task;
    }
}
