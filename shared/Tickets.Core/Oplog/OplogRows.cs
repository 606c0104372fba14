using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Oplog;

/// <summary>A stretch of a shard's log.</summary>
/// <param name="From">The position asked: ops after it.</param>
/// <param name="Head">The newest op there is.</param>
/// <param name="Oldest">The oldest that is kept; past the head when none is.</param>
/// <param name="ReadTo">Every op up to here was looked at.</param>
internal sealed record OplogStretch(long From, long Head, long Oldest, long ReadTo, IReadOnlyList<OplogOp> Ops)
{
    /// <summary>Ops after the position are gone.</summary>
    public bool Trimmed => From + 1 < Oldest && From < Head;

    /// <returns>What is left of it behind a position; null when no op is.</returns>
    public OplogStretch? After(long position)
    {
        var left = Ops.Where(op => op.Opid > position).ToList();
        return left.Count == 0 ? null : this with { From = position, Ops = left };
    }
}

/// <param name="Only">Ids of the queues wanted; empty: all.</param>
/// <param name="Except">Ids of the queues not wanted.</param>
internal sealed record OplogFilter(int[] Only, int[] Except)
{
    public static OplogFilter None { get; } = new([], []);
}

/// <summary>Reads the log's table.</summary>
internal static class OplogRows
{
    public const int AnyLength = int.MaxValue;

    /// <summary>What a page of one shard may come to: as much as a search's.</summary>
    public const long PageBytes = 4 << 20;

    private const string Columns = "opid, at, ticket_id, queue_id, kind, version, status, resolution, trace_parent";

    /// <param name="window">Looks at so many ops and no more, whatever the filter lets through.</param>
    /// <param name="longestDiff">Longer ones are not fetched; in bytes.</param>
    /// <param name="mostBytes">Of diffs: the stretch ends early when they come to more, after one op at least.</param>
    public static async Task<OplogStretch> ReadAsync(Shard shard, long after, int max, long window, OplogFilter filter, int longestDiff, long mostBytes, CancellationToken cancel)
    {
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        // The head is read first: all ops up to it were committed with it, so what the second statement does not see is not there.
        batch.BatchCommands.Add(Sql.Command("select last_opid from oplog_head"));
        batch.BatchCommands.Add(Sql.Command(
            $"select {Columns}, diff from oplog_page($1, $2, $3, $4, $5, $6, $7)",
            Sql.Value(after),
            Sql.Value(after + window),
            Sql.Array(filter.Only),
            Sql.Array(filter.Except),
            Sql.Value((long)max),
            Sql.Value(longestDiff),
            Sql.Value(mostBytes)));
        // The oldest op is read last: a partition that is dropped meanwhile shows as a gap, not as ops that never were.
        batch.BatchCommands.Add(Sql.Command("select opid from oplog order by opid limit 1"));

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var head = reader.GetInt64(0);
        await reader.NextResultAsync(cancel);
        var ops = new List<OplogOp>();
        var endsEarly = false;
        while (await reader.ReadAsync(cancel))
        {
            if (reader.IsDBNull(0))
                endsEarly = true;
            else if (reader.GetInt64(0) <= head)
                ops.Add(Read(shard, reader));
        }

        await reader.NextResultAsync(cancel);
        var oldest = await reader.ReadAsync(cancel) ? reader.GetInt64(0) : head + 1;
        var readTo = ops.Count > 0 && (endsEarly || ops.Count == max) ? ops[^1].Opid : endsEarly ? after : Math.Max(after, Math.Min(head, after + window));
        return new OplogStretch(after, head, oldest, readTo, ops);
    }

    public static async Task<long> HeadAsync(Shard shard, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select last_opid from oplog_head");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <returns>Null when it is not kept any more, or not there yet.</returns>
    public static async Task<OplogOp?> FindAsync(Shard shard, long opid, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand($"select {Columns}, diff from oplog where opid = $1");
        command.Parameters.Add(Sql.Value(opid));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Read(shard, reader) : null;
    }

    private static OplogOp Read(Shard shard, NpgsqlDataReader reader) => new(
        shard.Name, reader.GetInt64(0), reader.Time(1), reader.GetInt64(2), reader.GetInt32(3), reader.GetString(4), reader.GetInt64(5), reader.GetString(6), reader.TextOrNull(7), reader.TextOrNull(9), reader.TextOrNull(8));
}
