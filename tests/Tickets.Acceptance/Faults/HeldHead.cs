using Npgsql;

namespace Tickets.Acceptance.Faults;

/// <summary>Holds the last row that every commit to a shard takes: commits stop there until it is disposed. Only for shards that no other test uses.</summary>
internal sealed class HeldHead(NpgsqlDataSource shard, NpgsqlConnection session) : IAsyncDisposable
{
    private const string Waiters = "from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%oplog_head%'";

    public static async Task<HeldHead> OfAsync(string database)
    {
        // Not pooled: a session that a test has ended is not to be used again.
        var shard = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        var session = await shard.OpenConnectionAsync();
        await using var hold = new NpgsqlCommand("begin; select 1 from oplog_head for update", session);
        await hold.ExecuteNonQueryAsync();
        return new HeldHead(shard, session);
    }

    public Task<bool> HasAWaiterAsync() => AnyAsync($"select count(*) {Waiters}");

    /// <summary>Ends the session that has sent its commit, if there is one.</summary>
    public Task<bool> EndWhoWaitsAsync() => AnyAsync($"select count(*) filter (where pg_terminate_backend(pid)) {Waiters}");

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await shard.DisposeAsync();
    }

    private async Task<bool> AnyAsync(string count)
    {
        await using var command = shard.CreateCommand(count);
        return (long)(await command.ExecuteScalarAsync())! > 0;
    }
}
