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
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly NpgsqlConnection _connection;
    private readonly (int Class, int Key) _lock;

    private ArchiveLease(NpgsqlConnection connection, (int Class, int Key) key) => (_connection, _lock) = (connection, key);

    /// <summary>The session that holds the lock. A transaction that commits in it was made while the lock was held, whatever the clock did.</summary>
    public NpgsqlConnection Session => _connection;

    /// <summary>Null when another process holds it.</summary>
    public static Task<ArchiveLease?> TryTakeAsync(NpgsqlDataSource shard, int queueId, CancellationToken cancellationToken) =>
        TryTakeAsync(shard, (ArchiveClass, queueId), cancellationToken);

    /// <summary>Waits while another process holds it: an archiver does for some minutes.</summary>
    /// <exception cref="TimeoutException">Longer than any of them works.</exception>
    public static Task<ArchiveLease> TakeAsync(NpgsqlDataSource shard, int queueId, TimeProvider time, CancellationToken cancellationToken) =>
        WaitAsync(() => TryTakeAsync(shard, queueId, cancellationToken), $"Queue {queueId} has been in the hands of an archiver", time, cancellationToken);

    /// <summary>Waits likewise for who keeps the queue's cold tier up.</summary>
    /// <exception cref="TimeoutException">Longer than any of them works.</exception>
    public static Task<ArchiveLease> TakeUpkeepAsync(NpgsqlDataSource shard, string queue, TimeProvider time, CancellationToken cancellationToken) =>
        WaitAsync(() => TryTakeUpkeepAsync(shard, queue, cancellationToken), $"Queue '{queue}' has been in the hands of the cold tier's upkeep", time, cancellationToken);

    /// <summary>The queues that an archiver is at on a shard just now.</summary>
    public static async Task<IReadOnlyList<int>> HeldAsync(NpgsqlDataSource shard, CancellationToken cancellationToken)
    {
        await using var command = shard.CreateCommand(
            $"select objid::bigint::int from pg_locks where locktype = 'advisory' and granted and classid = {ArchiveClass} and objsubid = 2 and database = (select oid from pg_database where datname = current_database())");
        var held = new List<int>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            held.Add(rows.GetInt32(0));
        return held;
    }

    /// <summary>For the upkeep of a queue's cold tier: it spares two processes the same work, and who holds it knows that none writes parts of the queue anew. Null when another process holds it.</summary>
    public static Task<ArchiveLease?> TryTakeUpkeepAsync(NpgsqlDataSource shard, string queue, CancellationToken cancellationToken) =>
        TryTakeAsync(shard, (UpkeepClass, BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(queue)))), cancellationToken);

    private static async Task<ArchiveLease> WaitAsync(Func<Task<ArchiveLease?>> tryTake, string busy, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            if (await tryTake() is { } lease)
                return lease;
            if (time.GetElapsedTime(start) > Patience)
                throw new TimeoutException($"{busy} for more than {Patience.TotalMinutes:0} minutes.");
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

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
