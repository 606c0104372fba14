using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Placement;

/// <summary>
/// One way of a moving queue: the tickets of one old shard that belong on one new shard. All are copied once in order of id; meanwhile
/// and after, the old shard's change log tells which to copy again.
/// </summary>
internal sealed class QueueCopy
{
    private const int TicketsAtOnce = 2000;
    private const int OpsAtOnce = 5000;
    private const long AllCopied = long.MaxValue;

    private readonly QueueSettings _queue;
    private readonly Shard _from;
    private readonly Shard _to;
    private readonly Func<long, bool> _belongs;
    private readonly TimeProvider _clock;
    private readonly TicketCopy _copy;
    private CopyPosition _position;

    private QueueCopy(QueueSettings queue, Shard from, Shard to, Func<long, bool> belongs, TimeProvider clock, long token, CopyPosition position)
    {
        (_queue, _from, _to, _belongs, _clock, _position) = (queue, from, to, belongs, clock, position);
        _copy = new TicketCopy(queue, from, to, token);
    }

    public bool IsCopied => _position.CopiedTo == AllCopied;

    /// <summary>Begins the copy or takes it up where it was left; whoever had it before cannot write any more.</summary>
    /// <returns>Null when the copy is complete.</returns>
    public static async Task<QueueCopy?> TakeUpAsync(QueueSettings queue, string moveId, Shard from, Shard to, Func<long, bool> belongs, TimeProvider clock, CancellationToken cancel)
    {
        var head = await HeadAsync(from, cancel);
        await using var command = to.Database.CreateCommand(
            """
            insert into arriving_queues as a (queue_id, from_shard, move_id, token, copied_to, followed_to) values ($1, $2, $3, 1, 0, $4)
            on conflict (queue_id, from_shard) do update set token = a.token + 1,
                move_id = excluded.move_id,
                copied_to = case when a.move_id = excluded.move_id then a.copied_to else 0 end,
                followed_to = case when a.move_id = excluded.move_id then a.followed_to else excluded.followed_to end,
                complete = a.move_id = excluded.move_id and a.complete
            returning token, copied_to, followed_to, complete
            """);
        command.Parameters.Add(Sql.Value(queue.QueueId));
        command.Parameters.Add(Sql.Value(from.Name));
        command.Parameters.Add(Sql.Value(moveId));
        command.Parameters.Add(Sql.Value(head));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return reader.GetBoolean(3) ? null : new QueueCopy(queue, from, to, belongs, clock, reader.GetInt64(0), new CopyPosition(reader.GetInt64(1), reader.GetInt64(2)));
    }

    /// <summary>Copies the next tickets in order of id.</summary>
    /// <returns>How many were copied.</returns>
    public async Task<int> CopySomeAsync(CancellationToken cancel)
    {
        var ids = await NextTicketsAsync(cancel);
        var last = ids.Length < TicketsAtOnce ? AllCopied : ids[^1];
        ids = [.. ids.Where(_belongs)];
        await AdvanceAsync(ids, _position with { CopiedTo = last }, cancel);
        return ids.Length;
    }

    /// <summary>Copies again what changed since, up to the log's end as it is now, or some of it.</summary>
    /// <returns>How many changes are still to be followed.</returns>
    public async Task<long> FollowSomeAsync(CancellationToken cancel)
    {
        var head = await HeadAsync(_from, cancel);
        var until = Math.Min(head, _position.FollowedTo + OpsAtOnce);
        if (until > _position.FollowedTo)
            await AdvanceAsync(await ReadAsync(_from, "select distinct ticket_id from oplog where opid > $1 and opid <= $2 and queue_id = $3", cancel, Sql.Value(_position.FollowedTo), Sql.Value(until), Sql.Value(_queue.QueueId)), _position with { FollowedTo = until }, cancel);
        return head - until;
    }

    /// <summary>Copies the last changes, when nobody can make any more, and what leaves no trace in the log.</summary>
    /// <param name="keysSince">Answers to idempotency keys that expire before this are copied already.</param>
    public async Task CompleteAsync(DateTimeOffset keysSince, CancellationToken cancel)
    {
        while (await FollowSomeAsync(cancel) > 0)
        {
        }

        // A ticket that has left for another queue is cleared away without an op.
        await AdvanceAsync(await ReadAsync(_to, $"select ticket_id from {_queue.TicketsTable} where moving_to is not null", cancel), _position, cancel);
        await _copy.CopyKeysAsync(keysSince, _belongs, cancel);
        await _copy.CompleteAsync(cancel);
    }

    /// <summary>Copies the answers to all idempotency keys that are kept.</summary>
    public Task CopyKeysAsync(CancellationToken cancel) => _copy.CopyKeysAsync(DateTimeOffset.UnixEpoch, _belongs, cancel);

    private async Task AdvanceAsync(long[] ids, CopyPosition position, CancellationToken cancel)
    {
        await _copy.CopyAsync([.. ids.Where(_belongs)], position, _clock.GetUtcNow() + Moves.NumberKept, cancel);
        _position = position;
    }

    /// <summary>Tickets that are there, and numbers of those that were.</summary>
    private Task<long[]> NextTicketsAsync(CancellationToken cancel) => ReadAsync(
        _from,
        $"""
        (select ticket_id from {_queue.TicketsTable} where ticket_id > $1 order by ticket_id limit {TicketsAtOnce})
        union (select ticket_id from ticket_numbers_used where ticket_id > $1 and queue_id = $2 order by ticket_id limit {TicketsAtOnce})
        order by ticket_id limit {TicketsAtOnce}
        """,
        cancel,
        Sql.Value(_position.CopiedTo),
        Sql.Value(_queue.QueueId));

    private static async Task<long[]> ReadAsync(Shard shard, string sql, CancellationToken cancel, params NpgsqlParameter[] parameters)
    {
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var patient = new NpgsqlCommand("set local statement_timeout = 0", connection))
            await patient.ExecuteNonQueryAsync(cancel);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.Parameters.AddRange(parameters);
        var ids = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetInt64(0));
        return [.. ids];
    }

    private static async Task<long> HeadAsync(Shard shard, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select last_opid from oplog_head");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }
}
