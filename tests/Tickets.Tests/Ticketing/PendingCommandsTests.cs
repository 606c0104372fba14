using FsCheck;
using FsCheck.Fluent;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Tests.Ticketing;

public class PendingCommandsTests
{
    [Fact]
    public async Task A_quiet_queue_is_served_in_the_next_group_however_deep_another_is_flooded()
    {
        var waiting = new PendingCommands(10_000, 5_000, long.MaxValue, TimeProvider.System);
        for (var i = 0; i < 5_000; i++)
            Assert.Equal(Admission.Taken, waiting.TryAdd(Pending(1, i)));
        Assert.Equal(Admission.QueueFull, waiting.TryAdd(Pending(1, 9_999)));
        Assert.Equal(Admission.Taken, waiting.TryAdd(Pending(2, 1)));

        var group = await waiting.TakeAsync(4, long.MaxValue);

        Assert.Equal([1, 2, 1, 1], group.Select(pending => pending.Command.Queue.QueueId));
    }

    [Fact]
    public async Task Beside_others_a_queue_has_a_part_of_a_group_and_alone_all_of_it()
    {
        var clock = new HandClock();
        var waiting = new PendingCommands(10_000, 10_000, long.MaxValue, clock);
        for (var i = 0; i < 1_000; i++)
            waiting.TryAdd(Pending(1, i));
        Assert.Equal(256, (await waiting.TakeAsync(256, long.MaxValue)).Count);

        waiting.TryAdd(Pending(2, 1));
        var beside = await waiting.TakeAsync(256, long.MaxValue);
        Assert.Equal([(1, PendingCommands.MostOfAQueueBesideOthers), (2, 1)], beside.GroupBy(pending => pending.Command.Queue.QueueId).Select(queue => (queue.Key, queue.Count())).Order());
        // Who has just been answered comes back.
        Assert.Equal(PendingCommands.MostOfAQueueBesideOthers, (await waiting.TakeAsync(256, long.MaxValue)).Count);

        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(256, (await waiting.TakeAsync(256, long.MaxValue)).Count);
    }

    [Fact]
    public async Task Those_behind_a_round_of_given_up_commands_are_taken_all_the_same()
    {
        using var gone = new CancellationTokenSource();
        var waiting = new PendingCommands(10_000, 10_000, long.MaxValue, TimeProvider.System);
        waiting.TryAdd(Pending(2, 1, cancel: gone.Token));
        for (var i = 0; i < 200; i++)
            waiting.TryAdd(Pending(1, i, cancel: gone.Token));
        waiting.TryAdd(Pending(1, 200));
        await gone.CancelAsync();

        var taken = await waiting.TakeAsync(256, long.MaxValue).AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(200, Assert.Single(taken).Command.TicketId);
    }

    [Fact]
    public void Groups_take_every_command_once_in_its_queues_order_and_no_queue_gets_ahead_of_one_that_waits() =>
        Prop.ForAll(Gen.Choose(1, 4).ListOf().Where(queues => queues.Count > 0).ToArbitrary(), Gen.Choose(1, 7).ToArbitrary(), (queues, most) =>
        {
            var waiting = new PendingCommands(10_000, 10_000, long.MaxValue, TimeProvider.System);
            for (var i = 0; i < queues.Count; i++)
                waiting.TryAdd(Pending(queues[i], i));
            waiting.Close();

            var taken = new List<PendingCommand>();
            var left = queues.GroupBy(queue => queue).ToDictionary(queue => queue.Key, queue => queue.Count());
            while (Take(waiting, most) is { Count: > 0 } group)
            {
                Assert.InRange(group.Count, 1, most);
                taken.AddRange(group);
            }

            Assert.Equal(queues.Count, taken.Select(pending => pending.Command.TicketId).Distinct().Count());
            foreach (var queue in taken.GroupBy(pending => pending.Command.Queue.QueueId))
                Assert.Equal(queue.Select(pending => pending.Command.TicketId).Order(), queue.Select(pending => pending.Command.TicketId));
            // At every point, queues that still wait have been served as often as any other, give or take one.
            var served = left.Keys.ToDictionary(queue => queue, _ => 0);
            foreach (var pending in taken)
            {
                served[pending.Command.Queue.QueueId]++;
                var waitingStill = served.Where(queue => queue.Value < left[queue.Key]).ToList();
                Assert.All(waitingStill, queue => Assert.True(served.Values.Max() - queue.Value <= 1));
            }

            Assert.Equal(0, waiting.Count);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task A_command_whose_caller_has_gone_is_not_taken()
    {
        using var gone = new CancellationTokenSource();
        var waiting = new PendingCommands(10, 10, long.MaxValue, TimeProvider.System);
        var cancelled = Pending(1, 1, cancel: gone.Token);
        waiting.TryAdd(cancelled);
        waiting.TryAdd(Pending(1, 2));
        await gone.CancelAsync();

        var group = await waiting.TakeAsync(10, long.MaxValue);

        Assert.Equal(2, Assert.Single(group).Command.TicketId);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Answer);
    }

    [Fact]
    public void The_room_is_bounded_by_commands_and_by_bytes()
    {
        var few = new PendingCommands(2, 2, long.MaxValue, TimeProvider.System);
        Assert.Equal([Admission.Taken, Admission.Taken, Admission.Full], Enumerable.Range(0, 3).Select(i => few.TryAdd(Pending(i, i))));

        var small = new PendingCommands(100, 100, maxBytes: 10_000, TimeProvider.System);
        Assert.Equal(Admission.Taken, small.TryAdd(Pending(1, 1, bytes: 20_000)));
        Assert.Equal(Admission.Full, small.TryAdd(Pending(1, 2)));
    }

    [Fact]
    public void A_queue_has_the_same_share_of_the_bytes_as_of_the_commands()
    {
        var waiting = new PendingCommands(100, 25, maxBytes: 100_000, TimeProvider.System);

        Assert.Equal(Admission.Taken, waiting.TryAdd(Pending(1, 1, bytes: 30_000)));
        Assert.Equal(Admission.QueueFull, waiting.TryAdd(Pending(1, 2)));
        Assert.Equal(Admission.Taken, waiting.TryAdd(Pending(2, 3)));
    }

    [Fact]
    public async Task A_group_is_bounded_by_bytes()
    {
        var waiting = new PendingCommands(100, 100, long.MaxValue, TimeProvider.System);
        for (var i = 0; i < 10; i++)
            waiting.TryAdd(Pending(1, i, bytes: 1_000));

        Assert.Equal(2, (await waiting.TakeAsync(100, mostBytes: 2_000)).Count);
        Assert.Equal(8, (await waiting.TakeAsync(100, long.MaxValue)).Count);
    }

    [Fact]
    public async Task Who_waits_is_woken_by_the_first_arrival_and_a_closed_room_is_drained_and_then_empty()
    {
        var waiting = new PendingCommands(10, 10, long.MaxValue, TimeProvider.System);
        var taking = waiting.TakeAsync(10, long.MaxValue).AsTask();
        Assert.False(taking.IsCompleted);
        waiting.TryAdd(Pending(1, 1));
        Assert.Single(await taking);

        waiting.TryAdd(Pending(1, 2));
        waiting.Close();

        Assert.Equal(Admission.Closed, waiting.TryAdd(Pending(1, 3)));
        Assert.Single(await waiting.TakeAsync(10, long.MaxValue));
        Assert.Empty(await waiting.TakeAsync(10, long.MaxValue));
    }

    private static List<PendingCommand> Take(PendingCommands waiting, int most)
    {
        var taking = waiting.TakeAsync(most, long.MaxValue).AsTask();
        // Closed or not empty: nothing to wait for.
        Assert.True(taking.IsCompletedSuccessfully);
        return taking.Result;
    }

    /// <summary>Moved on by hand.</summary>
    private sealed class HandClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }

    private static PendingCommand Pending(int queue, long ticket, int bytes = 0, CancellationToken cancel = default) => new(
        new CreateTicket(Samples.QueueOf(queue, $"q{queue}", Samples.Statuses), ticket) { Status = "open", Meta = bytes == 0 ? [] : [new MetaWrite("a", new string('1', bytes))] },
        cancel);
}
