using FsCheck;
using FsCheck.Fluent;
using Tickets.Core.Platform;

namespace Tickets.Tests.Ticketing;

public class TicketIdTests
{
    [Fact]
    public void Every_positive_number_has_one_spelling() =>
        Prop.ForAll<long>(number => TicketId.TryParse(TicketId.Format(number), out var id) == number > 0 && (number <= 0 || id == number)).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("007")]
    [InlineData("+7")]
    [InlineData("-7")]
    [InlineData(" 7")]
    [InlineData("7\n")]
    [InlineData("7.0")]
    [InlineData("1,000")]
    [InlineData("٧")]
    [InlineData("9223372036854775808")]
    public void Anything_else_is_no_id(string text) => Assert.False(TicketId.TryParse(text, out _));
}
