using Tickets.Core.Access;
using Tickets.Core.Settings;

namespace Tickets.Tests.Settings;

public class WorkflowReachTests
{
    [Theory]
    [InlineData("", "w", "", true, true)]
    [InlineData("", "w", "other/a", true, true)]
    [InlineData("team", "w", "", false, false)]
    [InlineData("team", "w", "other/a", false, false)]
    [InlineData("team", "w", "team/a", true, true)]
    [InlineData("team", "w", "team/a,team/b", true, true)]
    [InlineData("team", "w", "team/a,other/a", true, false)]
    [InlineData("team", "team/w", "", true, true)]
    [InlineData("team", "teams/w", "", false, false)]
    [InlineData("team", "team/w", "other/a", true, false)]
    public void A_workflow_is_read_by_who_has_a_queue_of_it_and_changed_by_who_has_them_all(string prefix, string workflow, string users, bool mayRead, bool mayChange)
    {
        var caller = new Caller("k", Role.Admin, [prefix]);
        var queues = users.Split(',', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal((mayRead, mayChange), (WorkflowReach.MayRead(caller, workflow, queues), WorkflowReach.MayChange(caller, workflow, queues)));
    }
}
