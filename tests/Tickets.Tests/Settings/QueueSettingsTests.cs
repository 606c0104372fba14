using Tickets.Core.Settings;
using Tickets.Tests.Ticketing;

namespace Tickets.Tests.Settings;

public class QueueSettingsTests
{
    [Fact]
    public void A_split_queue_spreads_neighbouring_tickets_evenly_and_always_alike()
    {
        var queue = Samples.QueueOf(1, "q", Samples.Statuses, "{}", "hot-0", "hot-1", "hot-2");

        var counts = Enumerable.Range(1_000_000, 30_000).GroupBy(id => queue.ShardOf(id)).ToDictionary(shard => shard.Key, shard => shard.Count());

        Assert.Equal(3, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 9_000, 11_000));
        // Where a ticket lies must never change: these were the answers from the beginning.
        Assert.Equal(
            Enumerable.Range(1, 12).Select(id => queue.ShardOf(id)),
            Samples.QueueOf(2, "other", Samples.Statuses, "{}", "hot-0", "hot-1", "hot-2") is var same ? Enumerable.Range(1, 12).Select(id => same.ShardOf(id)) : []);
    }

    [Fact]
    public void A_queue_on_one_shard_has_every_ticket_there()
    {
        var queue = Samples.QueueOf(1, "q", Samples.Statuses, "{}", "hot-7");

        Assert.All([1, long.MaxValue, 4_711], id => Assert.Equal("hot-7", queue.ShardOf(id)));
    }

    [Theory]
    [InlineData(null, false, null, 412)]
    [InlineData(null, false, 3L, 412)]
    [InlineData(3L, false, 3L, null)]
    [InlineData(2L, false, 3L, 412)]
    [InlineData(3L, false, null, 412)]
    [InlineData(null, true, null, null)]
    [InlineData(null, true, 3L, 412)]
    public void A_put_says_what_it_changes(long? ifMatch, bool ifAbsent, long? stands, int? refused) =>
        Assert.Equal(refused, new PutPrecondition(ifMatch, ifAbsent).Refusal("It", stands)?.Status);
}
