using System.Globalization;
using Tickets.Functions.Hosting;

namespace Tickets.Tests.Hosting;

public class TimerScheduleTests
{
    /// <summary>3 February 2026 is a Tuesday.</summary>
    [Theory]
    [InlineData("0 */5 * * * *", "2026-02-03T04:05:06Z", "2026-02-03T04:10:00Z")]
    [InlineData("*/10 * * * * *", "2026-02-03T04:05:06Z", "2026-02-03T04:05:10Z")]
    [InlineData("30 15 2 * * *", "2026-02-03T04:05:06Z", "2026-02-04T02:15:30Z")]
    [InlineData("0 0 0 1 * *", "2026-02-03T04:05:06Z", "2026-03-01T00:00:00Z")]
    [InlineData("0 0 6 * * 0", "2026-02-03T04:05:06Z", "2026-02-08T06:00:00Z")]
    [InlineData("0 0 6 * * 1-5", "2026-02-06T07:00:00Z", "2026-02-09T06:00:00Z")]
    [InlineData("0 0 6 * * MON", "2026-02-03T04:05:06Z", "2026-02-09T06:00:00Z")]
    public void The_local_reading_is_the_hosts(string schedule, string after, string next) =>
        Assert.Equal(Time(next), TimerSchedule.Parse(schedule).NextAfter(Time(after)));

    [Theory]
    [InlineData("*/5 * * * *")]
    [InlineData("0 */5 * * * * *")]
    [InlineData("")]
    [InlineData("0 0 0 ? * 1")]
    [InlineData("0 0 0 L * *")]
    [InlineData("0 0 0 * * 5L")]
    [InlineData("0 0 0 * * 7")]
    [InlineData("0 0 0 1 * 1")]
    [InlineData("0 61 * * * *")]
    [InlineData("61 * * * * *")]
    [InlineData("0 x * * * *")]
    [InlineData("%Schedule%")]
    [InlineData("00:05:00")]
    public void A_schedule_that_the_two_readers_would_not_agree_on_is_refused_where_it_is_declared(string schedule) =>
        Assert.Throws<FormatException>(() => new FunctionCatalog().MapTimer("Sweep", schedule, (_, _, _) => Task.CompletedTask));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
