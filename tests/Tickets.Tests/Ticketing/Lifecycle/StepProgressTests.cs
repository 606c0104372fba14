using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Ticketing.Lifecycle;

namespace Tickets.Tests.Ticketing.Lifecycle;

public class StepProgressTests
{
    private static readonly DateTimeOffset Now = Samples.Now;
    private static readonly LifecycleState First = new("hot-0", 7, "open", Samples.Then, 1) { StepSince = Samples.Then };
    private static readonly TaskFailureDetails Away = new(typeof(NpgsqlException).FullName!, "away");
    private static readonly TaskFailureDetails Bug = new(typeof(InvalidOperationException).FullName!, "bug");

    [Fact]
    public void A_step_that_is_done_makes_room_for_the_next_and_the_last_one_ends_them()
    {
        var second = StepProgress.After(First with { StepTries = 3 }, StepOutcome.Done with { Child = 9 }, 2, Now);
        var ended = StepProgress.After(second, StepOutcome.Done, 2, Now);

        Assert.Equal((1, 0, Now, false), (second.StepsTaken, second.StepTries, second.StepSince, second.StepsDone));
        Assert.Equal([9], second.Children);
        Assert.Equal((2, true), (ended.StepsTaken, ended.StepsDone));
    }

    [Fact]
    public void A_step_that_can_never_work_leaves_only_the_ticket_about_it_to_be_made()
    {
        var stuck = StepProgress.After(First, StepOutcome.Failed("no such queue"), 3, Now);

        Assert.Equal(("no such queue", 0, false), (stuck.Stuck, stuck.StepsTaken, stuck.StepsDone));
        Assert.True(StepProgress.After(stuck, StepOutcome.Done, 3, Now).StepsDone);
    }

    [Fact]
    public void What_is_away_is_tried_again_for_a_day_ever_less_often_up_to_every_ten_minutes()
    {
        var (state, now, tries) = (First, Now, 0);
        while (state.Stuck is null)
        {
            var next = StepProgress.AfterFault(state, Away, now);
            Assert.InRange(++tries, 1, 200);
            if (next.Stuck is null)
            {
                Assert.InRange(next.StepDue!.Value - now, TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(10));
                now = next.StepDue.Value;
            }

            state = next;
        }

        Assert.InRange(now - Now, TimeSpan.FromHours(23), TimeSpan.FromHours(24));
        Assert.Contains("away", state.Stuck, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_foresaw_is_tried_five_times()
    {
        var state = First;
        for (var tries = 1; tries < 5; tries++)
            Assert.Null((state = StepProgress.AfterFault(state, Bug, Now)).Stuck);

        Assert.NotNull(StepProgress.AfterFault(state, Bug, Now).Stuck);
    }

    [Fact]
    public void The_ticket_about_a_stuck_one_is_tried_for_as_long_as_it_takes()
    {
        var stuck = First with { Stuck = "x", FailingSince = Now.AddDays(-9), StepTries = 999 };

        Assert.Equal((stuck.Stuck, Now + TimeSpan.FromMinutes(10)), (StepProgress.AfterFault(stuck, Away, Now).Stuck, StepProgress.AfterFault(stuck, Away, Now).StepDue));
    }

    [Fact]
    public void An_outage_that_ended_does_not_count_against_the_next_one()
    {
        var failing = StepProgress.AfterFault(First, Away, Now);
        var looked = StepProgress.After(failing, StepOutcome.TryAgain(TimeSpan.FromMinutes(1)), 1, Now.AddHours(23));

        Assert.Null(StepProgress.AfterFault(looked, Away, Now.AddHours(25)).Stuck);
    }
}
