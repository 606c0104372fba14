using Tickets.Functions.Access;

namespace Tickets.Tests.Access;

public class GrantsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("two\nlines")]
    public void A_subject_that_could_not_be_kept_or_shown_is_nobody(string subject) => Assert.Null(Grants.Caller(subject, ["tickets.admin:*"], []));

    [Fact]
    public void A_subject_is_text_and_no_longer_than_an_issuer_would_make_it()
    {
        Assert.NotNull(Grants.Caller(new string('x', 256), ["tickets.admin:*"], []));
        Assert.Null(Grants.Caller("half \ud83d", ["tickets.admin:*"], []));
        Assert.Null(Grants.Caller(new string('x', 257), ["tickets.admin:*"], []));
    }
}
