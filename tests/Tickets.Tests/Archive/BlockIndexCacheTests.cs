using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Parts;

namespace Tickets.Tests.Archive;

public class BlockIndexCacheTests
{
    [Fact]
    public void The_least_recently_used_index_goes_when_the_bound_is_reached()
    {
        var builder = new BlockIndexBuilder();
        builder.Add(1, 2, 100);
        var index = BlockIndex.Decode(builder.Encode(2, 200));
        var cache = new BlockIndexCache(maxBytes: 10_000);
        for (var i = 0UL; i < 1_000; i++)
        {
            cache.Put(i, index);
            Assert.NotNull(cache.Get(0));
            Assert.InRange(cache.Bytes, 1, 10_000);
        }

        Assert.NotNull(cache.Get(999));
        Assert.Null(cache.Get(1));
    }
}
