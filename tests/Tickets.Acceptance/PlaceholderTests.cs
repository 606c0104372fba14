namespace Tickets.Acceptance;

public class PlaceholderTests
{
    [Fact]
    public void The_suite_runs() => Assert.NotNull(typeof(PlaceholderTests).Assembly.Location);
}
