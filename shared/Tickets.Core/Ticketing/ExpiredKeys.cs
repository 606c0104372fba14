using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing;

/// <summary>Forgets what nobody can ask for any more: uses of expired nonces whose tickets are gone, and answers to old idempotency keys.</summary>
public sealed class ExpiredKeys(ShardSet shards, TimeProvider clock)
{
    // Small bites: no long transaction, no long lock, and the rest comes with the next run.
    private const int Bite = 5_000;
    private const int MaxBites = 200;

    /// <returns>How many rows were deleted.</returns>
    public async Task<long> ForgetAsync(CancellationToken cancel)
    {
        var forgotten = 0L;
        foreach (var shard in shards.All)
        {
            forgotten += await DeleteAsync(shard, "ticket_numbers_used", "ticket_id", "(gone or queue_id is null) and expires_at < $1", cancel);
            forgotten += await DeleteAsync(shard, "idempotency_keys", "key", "expires_at < $1", cancel);
        }

        return forgotten;
    }

    private async Task<long> DeleteAsync(Shard shard, string table, string key, string condition, CancellationToken cancel)
    {
        var deleted = 0L;
        for (var bite = 0; bite < MaxBites; bite++)
        {
            await using var command = shard.Database.CreateCommand($"delete from {table} where {key} in (select {key} from {table} where {condition} limit {Bite} for update skip locked)");
            command.Parameters.Add(Sql.Value(clock.GetUtcNow()));
            var rows = await command.ExecuteNonQueryAsync(cancel);
            deleted += rows;
            if (rows < Bite)
                break;
        }

        return deleted;
    }
}
