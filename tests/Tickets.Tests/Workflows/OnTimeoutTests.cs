using Tickets.Contracts;
using Tickets.Core.Ticketing.Lifecycle;
using Tickets.Core.Workflows;

namespace Tickets.Tests.Workflows;

public class OnTimeoutTests
{
    [Theory]
    [InlineData("closed+dup", "closed+fixed closed+dup", "closed+dup")]
    [InlineData("closed+dup", "open closed", "closed+dup")]
    [InlineData("closed+dup", "closed+", "closed+dup")]
    [InlineData("closed", "open closed+fixed closed", "closed+fixed")]
    [InlineData("closed+", "closed closed+fixed", "closed+fixed")]
    [InlineData("closed-", "closed", "closed-")]
    [InlineData("closed+dup", "closed+fixed", null)]
    [InlineData("closed+dup", "closed-", null)]
    [InlineData("closed", "open", null)]
    [InlineData("closed+", "closed", null)]
    public void The_step_that_is_taken_has_the_resolution_that_on_timeout_names(string wanted, string to, string? taken) =>
        Assert.Equal(taken, OnTimeout.Taken(Transition.Parse(wanted), [.. to.Split(' ').Select(Transition.Parse)])?.ToString());

    [Fact]
    public void Where_it_is_refused_each_other_step_is_tried_once_in_order()
    {
        var status = new WorkflowStatus { To = ["next", "closed", "closed+dup"], Lifetime = "PT1H", OnTimeout = "closed+dup" };
        var rules = new StatusRules("open", false, [.. status.To.Select(Transition.Parse)], [], false) { Lifecycle = StatusLifecycle.Of(status) };

        Assert.Equal(["closed+dup", "next", "closed"], TicketSender.Ways(rules, isTimeout: true).Select(way => way.ToString()));
        Assert.Equal(["next", "closed", "closed+dup"], TicketSender.Ways(rules, isTimeout: false).Select(way => way.ToString()));
    }

    [Theory]
    [InlineData("nowhere", "There is no status 'nowhere'.")]
    [InlineData("late", "'late' is not among the steps in to")]
    [InlineData("done+dup", "is allowed by no step in to")]
    [InlineData("done+", "names no resolution")]
    [InlineData("gone+odd", "does not allow the resolution 'odd'")]
    public void An_on_timeout_that_can_never_be_taken_is_a_fault_of_the_workflow(string target, string fault)
    {
        var workflow = new Workflow
        {
            WorkflowId = "w",
            Initial = "open",
            Statuses = new Dictionary<string, WorkflowStatus>
            {
                ["open"] = new() { To = [target == "done+" ? "done" : "done+fixed", "gone"], Lifetime = "PT4H", OnTimeout = target },
                ["late"] = new() { To = ["done"], Lifetime = "PT4H", OnTimeout = "nowhere" },
                ["done"] = new() { Terminal = true, Resolutions = ["fixed", "dup"] },
                ["gone"] = new() { Terminal = true, Resolutions = ["lost"] },
            },
        };

        var faults = WorkflowCheck.Faults(workflow);

        Assert.Equal(["/statuses/open/on_timeout", "/statuses/late/on_timeout"], faults.Select(one => one.Pointer));
        Assert.Contains(fault, faults[0].Message, StringComparison.Ordinal);
    }
}
