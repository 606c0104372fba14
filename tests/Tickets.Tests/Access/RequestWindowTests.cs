using Tickets.Core.Access;

namespace Tickets.Tests.Access;

public class RequestWindowTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 20, TimeSpan.Zero);

    [Fact]
    public void As_many_requests_as_the_limit_pass_in_a_window_and_the_next_window_begins_anew()
    {
        var caller = new LimitedCaller(new RequestLimits(3, null));

        Assert.Equal([2L, 1L, 0L], Enumerable.Range(0, 3).Select(_ => caller.Take(Noon)).Select(taken => taken is { Allowed: true } ? taken.Remaining : -1));
        Assert.Equal(new RequestAllowance(false, 3, 0, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10)), caller.Take(Noon.AddSeconds(30)));
        Assert.True(caller.Take(Noon.AddSeconds(40)).Allowed);
    }

    [Fact]
    public void A_request_must_fit_into_both_windows_and_the_tighter_one_is_told()
    {
        var caller = new LimitedCaller(new RequestLimits(2, 3));

        Assert.Equal((1, TimeSpan.FromMinutes(1)), (caller.Take(Noon).Remaining, caller.Take(Noon).Window));
        Assert.False(caller.Take(Noon).Allowed);
        // Refused requests have not used up the day.
        Assert.True(caller.Take(Noon.AddMinutes(1)).Allowed);
        var refused = caller.Take(Noon.AddMinutes(2));
        Assert.Equal((false, TimeSpan.FromDays(1), 3L), (refused.Allowed, refused.Window, refused.Limit));
        Assert.True(caller.Take(Noon.AddDays(1)).Allowed);
    }

    [Fact]
    public void What_another_process_let_through_counts_here_once_it_is_known()
    {
        var (here, there) = (new LimitedCaller(new RequestLimits(5, null)), new LimitedCaller(new RequestLimits(5, null)));
        for (var i = 0; i < 3; i++)
            there.Take(Noon);
        here.Take(Noon);
        var total = Assert.Single(there.TakeUnshared()).Requests + Assert.Single(here.TakeUnshared()).Requests;

        here.Learn(60, new DateTimeOffset(2026, 3, 4, 12, 0, 0, TimeSpan.Zero), total);

        Assert.Equal(4, total);
        Assert.Equal((true, 0L), (here.Take(Noon).Allowed, here.Take(Noon).Remaining));
        // Each request is told to the others once.
        Assert.Equal(1, Assert.Single(here.TakeUnshared()).Requests);
        Assert.Empty(here.TakeUnshared());
    }

    [Fact]
    public void The_total_of_a_window_that_is_over_and_a_clock_set_back_change_nothing()
    {
        var caller = new LimitedCaller(new RequestLimits(1, null));
        Assert.True(caller.Take(Noon).Allowed);

        caller.Learn(60, Noon.AddMinutes(-5), 0);

        Assert.False(caller.Take(Noon.AddMinutes(-1)).Allowed);
        Assert.False(caller.Take(Noon).Allowed);
        Assert.True(caller.Take(Noon.AddMinutes(1)).Allowed);
    }
}
