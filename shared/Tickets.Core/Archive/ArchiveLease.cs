using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Tickets.Core.Archive;

/// <summary>
/// One archiver per queue and shard: an advisory lock of the shard, held by a connection. If the connection is lost so is the lock, and another process
/// may begin. What must not be done twice, the removal from hot, is done in this very session.
/// </summary>
internal sealed class ArchiveLease : IAsyncDisposable
{
    // Any constant that no other advisory lock of the shard uses: the bytes of "arch".
    private const int ArchiveClass = 0x61726368;

    // Likewise: "cold".
    private const int UpkeepClass = 0x636f6c64;
    private readonly NpgsqlConnection _connection;
    private readonly (int Class, int Key) _lock;

    private ArchiveLease(NpgsqlConnection connection, (int Class, int Key) key) => (_connection, _lock) = (connection, key);

    /// <summary>The session that holds the lock. A transaction that commits in it was made while the lock was held, whatever the clock did.</summary>
    public NpgsqlConnection Session => _connection;

    /// <summary>Null when another process holds it.</summary>
    public static Task<ArchiveLease?> TryTakeAsync(NpgsqlDataSource shard, int queueId, CancellationToken cancellationToken) =>
        TryTakeAsync(shard, (ArchiveClass, queueId), cancellationToken);

    /// <summary>For the upkeep of a queue's cold tier, which spares two processes the same work; nothing depends on it. Null when another process holds it.</summary>
    public static Task<ArchiveLease?> TryTakeUpkeepAsync(NpgsqlDataSource shard, string queue, CancellationToken cancellationToken) =>
        TryTakeAsync(shard, (UpkeepClass, BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(queue)))), cancellationToken);

    private static async Task<ArchiveLease?> TryTakeAsync(NpgsqlDataSource shard, (int Class, int Key) key, CancellationToken cancellationToken)
    {
        var connection = await shard.OpenConnectionAsync(cancellationToken);
        try
        {
            // Not to be cancelled: a lock taken just then would go back to the pool with its session.
            if (await RunAsync(connection, "select pg_try_advisory_lock($1, $2)", key, CancellationToken.None))
                return new ArchiveLease(connection, key);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_connection.State == System.Data.ConnectionState.Open)
                await RunAsync(_connection, "select pg_advisory_unlock($1, $2)", _lock, CancellationToken.None);
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

    private static async Task<bool> RunAsync(NpgsqlConnection connection, string sql, (int Class, int Key) key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = key.Class }, new() { Value = key.Key } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
