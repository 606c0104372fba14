using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Archive;

/// <summary>A ticket that left a hot shard lately for a part of a queue; <see cref="Part"/> is 0 when it came back or was erased.</summary>
/// <param name="Revision">A cold index of at least this revision tells of it.</param>
/// <param name="Restored">The version with which it came back; copies before it do not count. 0 when it did not.</param>
internal readonly record struct TierMove(string Queue, ulong Part, long Revision, long Restored)
{
    /// <summary>Any index from before must not be trusted; which revision tells of it is not known.</summary>
    public const long AnyRevision = long.MaxValue;
}

/// <summary>A ticket that is hot again, or was, and whose copies in the cold tier are still to be struck out.</summary>
/// <param name="Day">Where they lie.</param>
internal sealed record UnsettledReturn(long Version, DateOnly Day);

/// <summary>
/// What crossed between the tiers lately, as each hot shard knows it (table <c>tier_moves</c>). Rows are written with the removal of the tickets and kept for
/// <see cref="Kept"/> after the move is settled, much longer than any process trusts its copy of the cold index: so a ticket that is neither hot nor named here
/// is where a copy of that age says, or nowhere.
/// </summary>
public sealed class TierMoves(Func<string, NpgsqlDataSource> shardByName, TimeProvider time)
{
    internal static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    internal async Task<IReadOnlyList<TierMove>> OfTicketAsync(IReadOnlyCollection<string> shards, long ticketId, CancellationToken cancellationToken)
    {
        if (shards.Count == 1)
            return await OfTicketAsync(shards.First(), ticketId, cancellationToken);
        var all = await Task.WhenAll(shards.Select(shard => OfTicketAsync(shard, ticketId, cancellationToken)));
        return all.SelectMany(moves => moves).ToList();
    }

    /// <summary>The tickets that left for a part.</summary>
    internal async Task<IReadOnlySet<long>> OfPartAsync(string shard, ulong part, CancellationToken cancellationToken)
    {
        await using var command = shardByName(shard).CreateCommand("select ids from tier_moves where part = $1");
        command.Parameters.Add(Sql.Value((long)part));
        var ids = new HashSet<long>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            ids.UnionWith(rows.GetFieldValue<long[]>(0));
        return ids;
    }

    /// <summary>The parts' rows in the index say it all now.</summary>
    internal async Task SettleAsync(string shard, IReadOnlyCollection<ulong> parts, CancellationToken cancellationToken)
    {
        await using var command = shardByName(shard).CreateCommand("update tier_moves set settled_at = $2 where part = any($1) and settled_at is null");
        command.Parameters.Add(Sql.Array([.. parts.Select(part => (long)part)]));
        command.Parameters.Add(Sql.Value(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The newest return of a ticket to the hot tier that was cut off before its cold copies were struck out.</summary>
    internal async Task<UnsettledReturn?> UnsettledReturnAsync(string shard, string queue, long ticketId, CancellationToken cancellationToken)
    {
        await using var command = shardByName(shard).CreateCommand(
            "select restored, day from tier_moves where first_id = $1 and queue = $2 and restored is not null and settled_at is null order by restored desc limit 1");
        command.Parameters.Add(Sql.Value(ticketId));
        command.Parameters.Add(Sql.Value(queue));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? new UnsettledReturn(rows.GetInt64(0), rows.GetFieldValue<DateOnly>(1)) : null;
    }

    /// <summary>The newest returns of a queue's tickets that were cut off before their cold copies were struck out.</summary>
    internal async Task<IReadOnlyList<(long TicketId, UnsettledReturn Return)>> UnsettledReturnsAsync(string shard, string queue, CancellationToken cancellationToken)
    {
        await using var command = shardByName(shard).CreateCommand(
            "select distinct on (first_id) first_id, restored, day from tier_moves where queue = $1 and restored is not null and settled_at is null order by first_id, restored desc");
        command.Parameters.Add(Sql.Value(queue));
        var found = new List<(long, UnsettledReturn)>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            found.Add((rows.GetInt64(0), new UnsettledReturn(rows.GetInt64(1), rows.GetFieldValue<DateOnly>(2))));
        return found;
    }

    /// <summary>Tells another shard, which has the queue from now on, what readers of it must know. All of it is settled. Harmless to repeat.</summary>
    internal async Task CarryAsync(string from, string to, string queue, CancellationToken cancellationToken)
    {
        await using var source = await shardByName(from).OpenConnectionAsync(cancellationToken);
        await using var target = await shardByName(to).OpenConnectionAsync(cancellationToken);
        await using var read = new NpgsqlCommand("select part, first_id, last_id, revision, at, ids, restored, day from tier_moves where queue = $1", source);
        read.Parameters.Add(Sql.Value(queue));
        await using var rows = await read.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            await using var write = new NpgsqlCommand(
                """
                insert into tier_moves (part, queue, first_id, last_id, revision, at, settled_at, ids, restored, day) select $1, $2, $3, $4, $5, $6, $7, $8, $9::bigint, $10::date
                where not exists (select from tier_moves where part = $1 and queue = $2 and first_id = $3 and last_id = $4 and at = $6)
                """,
                target);
            write.Parameters.Add(Sql.Value(rows.GetInt64(0)));
            write.Parameters.Add(Sql.Value(queue));
            write.Parameters.Add(Sql.Value(rows.GetInt64(1)));
            write.Parameters.Add(Sql.Value(rows.GetInt64(2)));
            write.Parameters.Add(Sql.Value(rows.GetInt64(3)));
            write.Parameters.Add(Sql.Value(rows.Time(4)));
            write.Parameters.Add(Sql.Value(time.GetUtcNow()));
            write.Parameters.Add(Sql.Array(rows.GetFieldValue<long[]>(5)));
            write.Parameters.Add(new() { Value = rows.GetValue(6), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint });
            write.Parameters.Add(new() { Value = rows.GetValue(7), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Date });
            await write.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>The index says it all now.</summary>
    internal async Task SettleReturnAsync(string shard, string queue, long ticketId, long version, CancellationToken cancellationToken)
    {
        await using var command = shardByName(shard).CreateCommand(
            "update tier_moves set settled_at = $4 where first_id = $1 and queue = $2 and restored <= $3 and settled_at is null");
        command.Parameters.Add(Sql.Value(ticketId));
        command.Parameters.Add(Sql.Value(queue));
        command.Parameters.Add(Sql.Value(version));
        command.Parameters.Add(Sql.Value(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes what no reader can need any more.</summary>
    public async Task<int> ForgetAsync(string shard, CancellationToken cancellationToken)
    {
        await using var command = shardByName(shard).CreateCommand("delete from tier_moves where settled_at < $1");
        command.Parameters.Add(Sql.Value(time.GetUtcNow() - Kept));
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<TierMove>> OfTicketAsync(string shard, long ticketId, CancellationToken cancellationToken)
    {
        await using var command = shardByName(shard).CreateCommand(
            "select queue, part, revision, coalesce(restored, 0) from tier_moves where first_id <= $1 and last_id >= $1 and $1 = any(ids)");
        command.Parameters.Add(Sql.Value(ticketId));
        List<TierMove>? moves = null;
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            (moves ??= []).Add(new TierMove(rows.GetString(0), (ulong)rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3)));
        return moves ?? (IReadOnlyList<TierMove>)[];
    }
}
