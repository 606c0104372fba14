using Microsoft.Extensions.Logging.Abstractions;
using Tickets.Core.Oplog;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Placement;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Ticketing.Writing;
using Tickets.Tests.Orchestration;

namespace Tickets.Tests.Ticketing;

/// <summary>The writer of a shard, on a database of its own.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class ShardWriterTests(OrchestrationStack stack)
{
    [Fact]
    public async Task A_command_that_the_rules_break_over_fails_alone()
    {
        var options = new TicketsOptions
        {
            SettingsDatabase = await stack.CreateDatabaseAsync("settings"),
            Shards = new Dictionary<string, string> { ["hot-0"] = await stack.CreateDatabaseAsync() },
        };
        await using var settings = ShardSet.Open(options.SettingsDatabase, options);
        await using var shards = new ShardSet(options);
        using var schemas = new DatabaseSchemas(settings, shards, OplogPartitions.MakeAheadAsync, TimeProvider.System, NullLogger<DatabaseSchemas>.Instance);
        using var cache = new SettingsCache(new SettingsDatabase(settings), schemas, options, TimeProvider.System, NullLogger<SettingsCache>.Instance);
        await schemas.StartAsync(CancellationToken.None);
        await cache.StartAsync(CancellationToken.None);
        await cache.Loaded.WaitAsync(HubScene.Soon);
        await schemas.ExecuteTask!.WaitAsync(HubScene.Soon);
        await using var writer = new ShardWriter(shards["hot-0"], new PlacementFence(cache), TimeProvider.System, NullLogger.Instance);

        // All of them wait when the writer begins, so they are one group. A claim without a nonce cannot be; the rules fall over it with half of it noted.
        var first = writer.WriteAsync(Claim(1), CancellationToken.None);
        var broken = Enumerable.Range(2, 3).Select(number => writer.WriteAsync(new ClaimNumber(new CreateTicket(Samples.Queue, number) { Status = "open" }, "hot-1"), CancellationToken.None)).ToList();
        var last = writer.WriteAsync(Claim(9), CancellationToken.None);
        writer.Start();

        Assert.Equal("hot-1", (await first.WaitAsync(HubScene.Soon)).Value!.ClaimedFor);
        Assert.Equal("hot-1", (await last.WaitAsync(HubScene.Soon)).Value!.ClaimedFor);
        foreach (var one in broken)
            Assert.Equal(500, (await one.WaitAsync(HubScene.Soon)).Problem!.Status);
        Assert.Equal("hot-1", (await writer.WriteAsync(Claim(10), CancellationToken.None).WaitAsync(HubScene.Soon)).Value!.ClaimedFor);
        await using var numbers = shards["hot-0"].Database.CreateCommand("select array_agg(ticket_id order by ticket_id) from ticket_numbers_used");
        var written = (long[])(await numbers.ExecuteScalarAsync())!;
        Assert.Equal([1, 9, 10], written);
        await cache.StopAsync(CancellationToken.None);
        await schemas.StopAsync(CancellationToken.None);
    }

    private static ClaimNumber Claim(long number) =>
        new(new CreateTicket(Samples.Queue, number) { Status = "open", Nonce = new NonceUse(Guid.NewGuid(), DateTimeOffset.UtcNow.AddHours(1)) }, "hot-1");
}
