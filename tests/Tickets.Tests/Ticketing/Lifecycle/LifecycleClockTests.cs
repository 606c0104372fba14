using Tickets.Contracts;
using Tickets.Core.Ticketing.Lifecycle;

namespace Tickets.Tests.Ticketing.Lifecycle;

public class LifecycleClockTests
{
    private static readonly DateTimeOffset Since = Samples.Then;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly LifecycleRules Reminding = LifecycleRules.None with { RemindEvery = Hour, Lifetime = 10 * Hour };
    private static readonly LifecycleState Waiting = new("hot-0", 7, "open", Since, 1);

    [Fact]
    public void The_first_reminder_comes_an_interval_after_the_ticket_entered_its_status() =>
        Assert.Equal(new Due(Since + Hour, DueKind.Reminder), LifecycleClock.Next(Waiting, Reminding, null, Since));

    [Fact]
    public void A_changed_interval_counts_from_the_last_reminder_and_not_from_all_of_them()
    {
        var reminded = Waiting with { Reminded = 40, RemindedAt = Since + (2 * Hour) };

        Assert.Equal(Since + (5 * Hour), LifecycleClock.Next(reminded, Reminding with { RemindEvery = 3 * Hour }, null, Since + (2 * Hour))!.Value.At);
    }

    [Fact]
    public void Of_reminders_that_were_missed_one_goes_out_at_once_and_the_next_an_interval_later()
    {
        var now = Since + (5 * Hour);
        var due = LifecycleClock.Next(Waiting, Reminding, null, now)!.Value;
        Assert.True(due.At <= now);

        var reminded = Waiting with { Reminded = 1, RemindedAt = LifecycleClock.Reminded(due.At, Hour, now) };

        Assert.Equal(now + Hour, LifecycleClock.Next(reminded, Reminding, null, now)!.Value.At);
    }

    [Fact]
    public void A_reminder_that_goes_out_a_little_late_does_not_put_off_those_after_it() =>
        Assert.Equal(Since + Hour, LifecycleClock.Reminded(Since + Hour, Hour, Since + Hour + TimeSpan.FromSeconds(3)));

    [Fact]
    public void Acceptance_stops_reminders_and_lifetime_and_no_step()
    {
        var rules = Reminding with { Steps = [new WorkflowStep { Wait = "PT20H" }] };

        Assert.Equal(new Due(Since + Hour, DueKind.Reminder), LifecycleClock.Next(Waiting with { StepSince = Since }, rules, null, Since));
        Assert.Equal(new Due(Since + (20 * Hour), DueKind.Step), LifecycleClock.Next(Waiting with { StepSince = Since }, rules, "ada", Since));
    }

    [Fact]
    public void Where_acceptance_is_not_asked_for_the_lifetime_is_that_of_the_status() =>
        Assert.Equal(new Due(Since + Hour, DueKind.Timeout), LifecycleClock.Next(Waiting, LifecycleRules.None with { Lifetime = Hour }, "ada", Since));

    [Fact]
    public void While_a_step_is_tried_only_the_clock_is_due()
    {
        var rules = LifecycleRules.None with { Lifetime = Hour, Steps = [new WorkflowStep { SendOn = true }] };

        Assert.Equal(DueKind.Step, LifecycleClock.Next(Waiting, rules, null, Since)!.Value.Kind);
        Assert.Equal(DueKind.Timeout, LifecycleClock.Next(Waiting, rules, null, Since, stepIsTried: true)!.Value.Kind);
    }

    [Fact]
    public void After_the_lifetime_nothing_is_due_any_more() =>
        Assert.Null(LifecycleClock.Next(Waiting with { TimedOut = true, StepsDone = true }, Reminding with { Steps = [new WorkflowStep { SendOn = true }] }, null, Since + (99 * Hour)));
}
