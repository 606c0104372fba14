using Microsoft.Extensions.Configuration;
using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Tests.Platform;

public class PooledOptionsTests
{
    [Fact]
    public async Task Behind_a_pooler_nothing_is_asked_of_a_session_and_upkeep_has_sessions_of_its_own()
    {
        var options = TicketsOptions.From(Configuration(("DirectShards:hot_0", "Host=direct;Database=d")));
        await using var shards = new ShardSet(options);
        var (pooled, direct) = (Settings(shards["hot-0"].Database), Settings(shards["hot-0"].Sessions));

        Assert.Equal(("pooler", 0, true), (pooled.Host, pooled.MaxAutoPrepare, pooled.NoResetOnClose));
        Assert.Null(pooled.Options);
        Assert.Equal("direct", direct.Host);
        Assert.Contains("statement_timeout", direct.Options, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_way_past_the_pooler_the_process_does_not_start()
    {
        var refusal = Assert.Throws<InvalidOperationException>(() => TicketsOptions.From(Configuration()));

        Assert.Contains("DirectShards:hot-0", refusal.Message, StringComparison.Ordinal);
    }

    private static NpgsqlConnectionStringBuilder Settings(NpgsqlDataSource database) => new(database.ConnectionString);

    private static IConfiguration Configuration(params (string Key, string Value)[] more)
    {
        List<(string Key, string Value)> all = [("Postgres:Pooled", "true"), ("Settings:Database", "Host=pooler;Database=s"), ("Shards:hot_0", "Host=pooler;Database=d"), .. more];
        return new ConfigurationBuilder().AddInMemoryCollection(all.ToDictionary(one => one.Key, one => (string?)one.Value)).Build();
    }
}
