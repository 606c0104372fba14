using Tickets.Core.Oplog;

namespace Tickets.Tests.ServiceBus;

public class PollingDelayTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Who_is_behind_comes_at_once() => Assert.Equal(0, PollingDelay.After(behind: true, 100, Second, 100, Second));

    [Fact]
    public void With_nothing_new_the_pause_grows_with_the_quiet()
    {
        Assert.Equal(500, PollingDelay.After(false, 0, TimeSpan.Zero, 100, Second));
        Assert.Equal(2000, PollingDelay.After(false, 0, TimeSpan.Zero, 100, TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public void With_ops_the_pause_is_what_half_a_page_takes_at_their_rate()
    {
        // 100 ops a second, pages of 100: half a page in half a second.
        Assert.Equal(500, PollingDelay.After(false, 11, TimeSpan.FromMilliseconds(100), 100, Second));
        // 1000 a second.
        Assert.Equal(50, PollingDelay.After(false, 11, TimeSpan.FromMilliseconds(10), 100, Second));
        Assert.Equal(250, PollingDelay.After(false, 5, TimeSpan.FromMilliseconds(20), 100, Second));
        Assert.Equal(500, PollingDelay.After(false, 2, TimeSpan.FromMinutes(3), 100, Second));
    }
}
