using Npgsql;

namespace Tickets.Core.Archive;

/// <summary>
/// One archiver per queue and shard: an advisory lock of the shard, held by a connection. If the connection is lost so is the lock, and another process
/// may begin; both then do the same work, which the conditions on every step make harmless.
/// </summary>
internal sealed class ArchiveLease : IAsyncDisposable
{
    // Any constant that no other advisory lock of the shard uses: the bytes of "arch".
    private const int LockClass = 0x61726368;
    private readonly NpgsqlConnection _connection;
    private readonly int _queueId;

    private ArchiveLease(NpgsqlConnection connection, int queueId) => (_connection, _queueId) = (connection, queueId);

    /// <summary>Null when another process holds it.</summary>
    public static async Task<ArchiveLease?> TryTakeAsync(NpgsqlDataSource shard, int queueId, CancellationToken cancellationToken)
    {
        var connection = await shard.OpenConnectionAsync(cancellationToken);
        try
        {
            // Not to be cancelled: a lock taken just then would go back to the pool with its session.
            if (await RunAsync(connection, "select pg_try_advisory_lock($1, $2)", queueId, CancellationToken.None))
                return new ArchiveLease(connection, queueId);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    /// <summary>Fails when the connection, and so perhaps the lock, is lost.</summary>
    public async Task EnsureHeldAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select 1", _connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_connection.State == System.Data.ConnectionState.Open)
                await RunAsync(_connection, "select pg_advisory_unlock($1, $2)", _queueId, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The server has dropped the connection, and the lock with it.
        }
        finally
        {
            await _connection.DisposeAsync();
        }
    }

    private static async Task<bool> RunAsync(NpgsqlConnection connection, string sql, int queueId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = LockClass }, new() { Value = queueId } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
