using Tickets.Chaos.Scale;
using Tickets.Local;

namespace Tickets.Tests.Chaos;

public class ScaleTests
{
    [Fact]
    public void The_page_about_scale_has_the_numbers_that_the_model_gives()
    {
        var page = File.ReadAllLines(Repository.PathTo("docs", "scale.md"));

        Assert.All(ScaleTable.Rows(), row => Assert.Contains(row, page));
    }

    [Fact]
    public void Ten_times_the_tickets_ask_for_at_least_as_much_of_everything()
    {
        foreach (var (less, more) in ScaleTable.Sizes.Zip(ScaleTable.Sizes.Skip(1)).Select(pair => (new ScaleModel(pair.First), new ScaleModel(pair.Second))))
        {
            Assert.True(more.Shards >= less.Shards && more.Processes >= less.Processes && more.MessagingUnits >= less.MessagingUnits);
            Assert.Equal(10, more.HotGigabytes / less.HotGigabytes, 6);
            Assert.Equal(10, more.Burst / less.Burst, 6);
        }
    }
}
