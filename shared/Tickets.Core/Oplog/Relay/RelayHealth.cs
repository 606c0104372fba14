using Tickets.Core.Platform;

namespace Tickets.Core.Oplog.Relay;

/// <summary>Whether the change log gets to Service Bus, whichever process does it: asked of the shards, where it notes what it does.</summary>
public sealed class RelayHealth(ShardSet shards, RelayOptions options, TimeProvider clock)
{
    private static readonly TimeSpan Hiccup = TimeSpan.FromSeconds(5);

    /// <returns>What is wrong, in words fit for anybody's eyes; null when nothing is.</returns>
    public async Task<string?> FaultAsync(CancellationToken cancel)
    {
        var faults = await Task.WhenAll(shards.All.Select(shard => FaultAsync(shard, cancel)));
        var said = faults.OfType<string>().ToList();
        return said.Count == 0 ? null : string.Join("; ", said);
    }

    private async Task<string?> FaultAsync(Shard shard, CancellationToken cancel)
    {
        try
        {
            await using var command = shard.Database.CreateCommand(
                """
                select f.opid, h.last_opid, f.failure, f.failing_since, (select at from oplog where opid > f.opid order by opid limit 1)
                from oplog_head h left join oplog_followers f on f.follower = $1
                """);
            command.Parameters.Add(Sql.Value(ShardRelay.Follower));
            await using var reader = await command.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            return reader.IsDBNull(0) ? null : Fault(shard.Name, reader.GetInt64(1) - reader.GetInt64(0), reader.TextOrNull(2), reader.TimeOrNull(3), reader.TimeOrNull(4));
        }
        catch (Exception fault) when (ConnectionLoss.Is(fault))
        {
            // A shard that is away is named by its own check; nothing can be committed there that would wait for the relay.
            return null;
        }
    }

    private string? Fault(string shard, long behind, string? failure, DateTimeOffset? failingSince, DateTimeOffset? oldest)
    {
        var now = clock.GetUtcNow();
        if (failure is not null && now - failingSince > Hiccup)
            return $"{shard}: {failure}, {behind} ops behind";
        return now - oldest is { } lag && lag > options.MaxLag ? $"{shard}: {behind} ops behind, the oldest for {lag.TotalSeconds:0} s" : null;
    }
}
