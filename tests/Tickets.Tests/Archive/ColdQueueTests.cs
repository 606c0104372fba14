using Tickets.Core.Archive;

namespace Tickets.Tests.Archive;

public class ColdQueueTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 8, 30, 0, TimeSpan.Zero);

    [Fact]
    public void Tickets_are_due_when_they_have_been_closed_for_the_retention()
    {
        Assert.Equal(new DateTime(2026, 1, 24, 8, 30, 0, DateTimeKind.Utc), Of(TimeSpan.FromDays(7)).ClosedBefore(Now));
    }

    [Fact]
    public void A_retention_longer_than_time_itself_keeps_every_ticket_and_fails_nothing()
    {
        Assert.Equal(DateTime.MinValue, Of(TimeSpan.MaxValue).ClosedBefore(Now));
        Assert.Equal(DateTimeKind.Utc, Of(TimeSpan.MaxValue).ClosedBefore(Now).Kind);
    }

    private static ColdQueue Of(TimeSpan retention) => new(1, "q", retention, ["hot-0"], new Dictionary<string, (bool, int)>());
}
