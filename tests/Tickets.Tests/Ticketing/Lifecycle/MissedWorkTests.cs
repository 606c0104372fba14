using Tickets.Contracts;
using Tickets.Core.Ticketing.Lifecycle;

namespace Tickets.Tests.Ticketing.Lifecycle;

public class MissedWorkTests
{
    private static readonly DateTimeOffset Now = Samples.Now;
    private static readonly LifecycleState Life = new("hot-0", 7, "open", Now.AddHours(-1), 1);
    private static readonly LifecycleRules TwoHours = LifecycleRules.None with { Lifetime = TimeSpan.FromHours(2) };
    private static readonly SweptTicket Waiting = new(7, "open", Now.AddHours(-1), 1, null, null)
    {
        Name = LifecycleChanges.Orchestrator,
        DueAt = Now.AddHours(1),
        IsRunning = true,
        Life = Life,
    };

    [Fact]
    public void A_ticket_lacks_nothing_that_waits_for_its_time_is_worked_on_or_has_nothing_more_to_come()
    {
        (string How, SweptTicket Ticket)[] whole =
        [
            ("waits for its time", Waiting),
            ("is due and will be taken up", Waiting with { DueAt = Now.AddMinutes(-3) }),
            ("is being worked on", Waiting with { IsHeld = true, DueAt = null, Life = Life with { Status = "else" } }),
            ("has an activity in the table", Waiting with { HasActivities = true, DueAt = null }),
            ("has something to read", Waiting with { Pending = 2, HasMessages = true, Life = Life with { Status = "else" } }),
            ("waits for an operator", Waiting with { IsStalled = true, DueAt = null }),
            ("has timed out, and nothing more is to come", Waiting with { DueAt = null, Life = Life with { TimedOut = true, StepsDone = true } }),
        ];

        foreach (var (how, ticket) in whole)
            Assert.Equal((how, Missed.Nothing), (how, MissedWork.Of(ticket, TwoHours, Now)));
    }

    [Fact]
    public void What_a_ticket_lacks_is_told()
    {
        Assert.Equal(Missed.Life, MissedWork.Of(Waiting with { Name = null }, TwoHours, Now));
        Assert.Equal(Missed.Life, MissedWork.Of(Waiting with { IsRunning = false }, TwoHours, Now));
        Assert.Equal(Missed.Life, MissedWork.Of(Waiting with { Life = null }, TwoHours, Now));
        Assert.Equal(Missed.Message, MissedWork.Of(Waiting with { Pending = 1 }, TwoHours, Now));
        Assert.Equal(Missed.Message, MissedWork.Of(Waiting with { Status = "else" }, TwoHours, Now));
        Assert.Equal(Missed.Due, MissedWork.Of(Waiting with { DueAt = null }, TwoHours, Now));
        Assert.Equal(Missed.Due, MissedWork.Of(Waiting with { DueAt = Now.AddHours(2) }, TwoHours, Now));
        Assert.Equal(Missed.Due, MissedWork.Of(Waiting with { DueAt = null }, LifecycleRules.None with { Steps = [new WorkflowStep { SendOn = true }] }, Now));
        Assert.Equal(Missed.Upgrade, MissedWork.Of(Waiting with { Name = LifecycleChanges.EarlierOrchestrator }, TwoHours, Now));
    }

    [Fact]
    public void A_message_must_be_there_that_was_written_lately_to_a_group_that_has_not_accepted()
    {
        var rules = LifecycleRules.None with { RemindEvery = TimeSpan.FromHours(1), Group = "night" };
        var asked = Waiting with { Life = Life with { Messaged = 0 } };

        Assert.Equal((0, "night"), (MissedWork.MessageOf(asked, rules, Now)!.Value.Number, MissedWork.MessageOf(asked, rules, Now)!.Value.Group));
        Assert.Null(MissedWork.MessageOf(Waiting, rules, Now));
        Assert.Null(MissedWork.MessageOf(asked with { AcceptedBy = "ada" }, rules, Now));
        Assert.Null(MissedWork.MessageOf(asked with { Life = asked.Life! with { Since = Now.AddDays(-40) } }, rules, Now));
    }
}
