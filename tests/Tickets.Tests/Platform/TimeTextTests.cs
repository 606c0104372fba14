using FsCheck;
using FsCheck.Fluent;
using Tickets.Core.Platform.Json;

namespace Tickets.Tests.Platform;

public class TimeTextTests
{
    [Fact]
    public void A_time_is_written_to_the_microsecond_and_read_back() =>
        Prop.ForAll<DateTimeOffset>(time =>
        {
            var text = Rfc3339.Format(time);
            return text.Length == 27 && Rfc3339.TryParse(text, out var read) && read == Rfc3339.Truncate(time) && read.Offset == TimeSpan.Zero;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("2026-01-31T08:30:00Z", "2026-01-31T08:30:00.000000Z")]
    [InlineData("2026-01-31T08:30:00.1234567+02:00", "2026-01-31T06:30:00.123456Z")]
    [InlineData("2026-01-31T08:30:00.9999999Z", "2026-01-31T08:30:00.999999Z")]
    [InlineData("2026-01-31t08:30:00z", "2026-01-31T08:30:00.000000Z")]
    public void A_time_with_an_offset_is_read(string text, string expected)
    {
        Assert.True(Rfc3339.TryParse(text, out var time));
        Assert.Equal(expected, Rfc3339.Format(time));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-01-31")]
    [InlineData("2026-01-31T08:30:00")]
    [InlineData("2026-01-31 08:30:00Z")]
    [InlineData("2026-02-30T08:30:00Z")]
    [InlineData("2026-01-31T24:00:00Z")]
    [InlineData("2026-01-31T08:30:00Z\n")]
    [InlineData("2026-01-31T08:30:00+99:00")]
    [InlineData("٢026-01-31T08:30:00Z")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    public void Anything_else_is_no_time(string text) => Assert.False(Rfc3339.TryParse(text, out _));

    [Fact]
    public void A_duration_is_read_back_as_it_was_written() =>
        Prop.ForAll<TimeSpan>(time => Iso8601Duration.TryParse(Iso8601Duration.Format(time), out var read) && read == time).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_a_duration_or_not_and_never_throws() =>
        Prop.ForAll<string>(text => !Iso8601Duration.TryParse(text ?? "", out var time) || time.Ticks != long.MaxValue).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("P1M")]
    [InlineData("P1Y")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("7D")]
    [InlineData("P1D2H")]
    [InlineData("P99999999999D")]
    [InlineData("P1W")]
    [InlineData(" P1D")]
    [InlineData("P1D\n")]
    public void Durations_of_no_fixed_length_and_texts_that_are_none_are_refused(string text) => Assert.False(Iso8601Duration.TryParse(text, out _));

    [Theory]
    [InlineData("PT4H", 4 * 3600)]
    [InlineData("PT1M", 60)]
    [InlineData("P7D", 7 * 86400)]
    [InlineData("P1DT1H1M1.5S", 90061.5)]
    [InlineData("PT0S", 0)]
    [InlineData("-PT1S", -1)]
    public void A_duration_is_days_and_below(string text, double seconds)
    {
        Assert.True(Iso8601Duration.TryParse(text, out var time));
        Assert.Equal(seconds, time.TotalSeconds);
    }
}
