using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Archive;

/// <summary>
/// One archiver per queue and shard: an advisory lock of the shard. If its session is lost so is the lock, and another process
/// may begin. What must not be done twice, the removal from hot, is done in this very session.
/// </summary>
internal static class ArchiveLease
{
    // Any constant that no other advisory lock of the shard uses: the bytes of "arch".
    private const int ArchiveClass = 0x61726368;

    // Likewise: "cold".
    private const int UpkeepClass = 0x636f6c64;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Null when another process holds it.</summary>
    public static Task<AdvisoryLock?> TryTakeAsync(NpgsqlDataSource shard, int queueId, CancellationToken cancellationToken) =>
        AdvisoryLock.TryTakeAsync(shard, (ArchiveClass, queueId), shared: false, cancellationToken);

    /// <summary>For the upkeep of a queue's cold tier: it spares two processes the same work, and who holds it knows that none writes parts of the queue anew. Null when another process holds it.</summary>
    public static Task<AdvisoryLock?> TryTakeUpkeepAsync(NpgsqlDataSource shard, string queue, CancellationToken cancellationToken) =>
        AdvisoryLock.TryTakeAsync(shard, (UpkeepClass, BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(queue)))), shared: false, cancellationToken);

    /// <summary>Waits while another process holds it: an archiver does for some minutes.</summary>
    /// <exception cref="TimeoutException">Longer than any of them works.</exception>
    public static Task<AdvisoryLock> TakeAsync(NpgsqlDataSource shard, int queueId, TimeProvider time, CancellationToken cancellationToken) =>
        AdvisoryLock.WaitAsync(() => TryTakeAsync(shard, queueId, cancellationToken), Patience, $"An archiver has been at queue {queueId}", time, cancellationToken);

    /// <summary>Waits likewise for who keeps the queue's cold tier up.</summary>
    /// <exception cref="TimeoutException">Longer than any of them works.</exception>
    public static Task<AdvisoryLock> TakeUpkeepAsync(NpgsqlDataSource shard, string queue, TimeProvider time, CancellationToken cancellationToken) =>
        AdvisoryLock.WaitAsync(() => TryTakeUpkeepAsync(shard, queue, cancellationToken), Patience, $"The cold tier of queue '{queue}' has been kept up", time, cancellationToken);

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
}
