using System.Data;
using Npgsql;
using NpgsqlTypes;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Placement;

/// <summary>How far a copy has come; see arriving_queues in the schema.</summary>
internal readonly record struct CopyPosition(long CopiedTo, long FollowedTo);

/// <summary>
/// Copies tickets of one queue, with all that belongs to them, from one shard to another: rows as PostgreSQL's own binary form, untouched.
/// What is gone on the old shard goes on the new one. The position is kept in the same transaction as the rows.
/// </summary>
/// <param name="token">This copier's turn; a later one takes the right to write away.</param>
internal sealed class TicketCopy(QueueSettings queue, Shard from, Shard to, long token)
{
    private const string StagedNumbers = "staged_numbers";
    private const string StagedKeys = "staged_keys";

    /// <param name="keepNumbers">Until when the new shard is to remember at least which tickets are gone.</param>
    /// <exception cref="StaleCopyException">Another copier has taken over, or the copy is complete.</exception>
    public async Task CopyAsync(long[] tickets, CopyPosition position, DateTimeOffset keepNumbers, CancellationToken cancel)
    {
        await using var target = await to.Database.OpenConnectionAsync(cancel);
        await using var writing = await target.BeginTransactionAsync(cancel);
        await ExecuteAsync(target, "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0", cancel);
        await AdvanceAsync(target, position, cancel);
        if (tickets.Length > 0)
        {
            await using var source = await from.Database.OpenConnectionAsync(cancel);
            // One snapshot for all tables: a ticket and its blocks are of one moment.
            await using var reading = await source.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
            await ExecuteAsync(source, "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0", cancel);
            var ids = $"ticket_id = any('{{{string.Join(',', tickets)}}}')";
            await CopyRowsAsync(source, target, queue.TicketsTable, ids, cancel);
            await CopyRowsAsync(source, target, queue.MetaTable, ids, cancel);
            await CopyNumbersAsync(source, target, tickets, ids, keepNumbers, cancel);
        }

        await writing.CommitAsync(cancel);
    }

    /// <summary>
    /// Copies the answers to idempotency keys that expire at <paramref name="since"/> or later. Those of tickets that have been archived may be anybody's: they go too.
    /// </summary>
    public async Task CopyKeysAsync(DateTimeOffset since, Func<long, bool> belongs, CancellationToken cancel)
    {
        await using var source = await from.Database.OpenConnectionAsync(cancel);
        var keys = new List<Guid>();
        await using (var command = new NpgsqlCommand(
            "select k.key, k.ticket_id from idempotency_keys k left join ticket_numbers_used n on n.ticket_id = k.ticket_id where k.expires_at >= $1 and (n.queue_id = $2 or n.ticket_id is null)", source) { CommandTimeout = 0 })
        {
            command.Parameters.Add(Sql.Value(since));
            command.Parameters.Add(Sql.Value(queue.QueueId));
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                if (belongs(reader.GetInt64(1)))
                    keys.Add(reader.GetGuid(0));
            }
        }

        foreach (var some in keys.Chunk(5000))
        {
            await using var target = await to.Database.OpenConnectionAsync(cancel);
            await using var writing = await target.BeginTransactionAsync(cancel);
            await ExecuteAsync(target, $"create temp table {StagedKeys} (like idempotency_keys) on commit drop", cancel);
            await PipeAsync(source, target, "idempotency_keys", StagedKeys, $"key = any('{{{string.Join(',', some)}}}')", cancel);
            await ExecuteAsync(
                target,
                $"""
                insert into idempotency_keys (key, content, ticket_id, versions, opid, expires_at, shard)
                select key, content, ticket_id, versions, opid, expires_at, coalesce(shard, $1) from {StagedKeys} on conflict (key) do nothing
                """,
                cancel,
                Sql.Value(from.Name));
            await writing.CommitAsync(cancel);
        }
    }

    /// <summary>From here on nobody copies any more, not even a copier that slept through the queue's switch.</summary>
    /// <exception cref="StaleCopyException">Another copier has taken over, or the copy is complete.</exception>
    public async Task CompleteAsync(CancellationToken cancel)
    {
        await using var target = await to.Database.OpenConnectionAsync(cancel);
        await MarkAsync(target, "complete = true", cancel);
    }

    // The row's lock, held to commit, lets one copier write at a time.
    private Task AdvanceAsync(NpgsqlConnection target, CopyPosition position, CancellationToken cancel) =>
        MarkAsync(target, "copied_to = $4, followed_to = $5", cancel, Sql.Value(position.CopiedTo), Sql.Value(position.FollowedTo));

    private async Task MarkAsync(NpgsqlConnection target, string change, CancellationToken cancel, params NpgsqlParameter[] values)
    {
        await using var command = new NpgsqlCommand($"update arriving_queues set {change} where queue_id = $1 and from_shard = $2 and token = $3 and not complete", target);
        command.Parameters.Add(Sql.Value(queue.QueueId));
        command.Parameters.Add(Sql.Value(from.Name));
        command.Parameters.Add(Sql.Value(token));
        command.Parameters.AddRange(values);
        if (await command.ExecuteNonQueryAsync(cancel) != 1)
            throw new StaleCopyException();
    }

    private static async Task CopyRowsAsync(NpgsqlConnection source, NpgsqlConnection target, string table, string ids, CancellationToken cancel)
    {
        await ExecuteAsync(target, $"delete from {table} where {ids}", cancel);
        await PipeAsync(source, target, table, table, ids, cancel);
    }

    /// <summary>
    /// What the old shard knows of where the tickets are, as far as it is newer than what the new one knows by itself: a ticket that has left the queue may long be
    /// on the new shard, in another queue. What a nonce said stays known.
    /// </summary>
    private async Task CopyNumbersAsync(NpgsqlConnection source, NpgsqlConnection target, long[] tickets, string ids, DateTimeOffset keepNumbers, CancellationToken cancel)
    {
        await ExecuteAsync(target, $"create temp table {StagedNumbers} (like ticket_numbers_used) on commit drop", cancel);
        await PipeAsync(source, target, "ticket_numbers_used", StagedNumbers, $"{ids} and queue_id is not null", cancel);
        await ExecuteAsync(
            target,
            $"""
            with forgotten as (
                update ticket_numbers_used set gone = true, expires_at = greatest(coalesce(expires_at, $3), $3)
                where ticket_id = any($1) and queue_id = $2 and not gone and ticket_id not in (select ticket_id from {StagedNumbers}))
            insert into ticket_numbers_used as used (ticket_id, queue_id, content, expires_at, gone, since_version)
            select ticket_id, $2, content, case when is_there then expires_at else greatest(coalesce(expires_at, $3), $3) end, not is_there, since_version
            from (select *, queue_id = $2 and not gone as is_there from {StagedNumbers}) staged
            on conflict (ticket_id) do update set queue_id = excluded.queue_id, gone = excluded.gone, since_version = excluded.since_version,
                content = coalesce(used.content, excluded.content), expires_at = greatest(used.expires_at, excluded.expires_at)
            where used.queue_id is null or (coalesce(excluded.since_version, 0), not excluded.gone) > (coalesce(used.since_version, 0), not used.gone)
            """,
            cancel,
            Sql.Array(tickets),
            Sql.Value(queue.QueueId),
            Sql.Value(keepNumbers));
    }

    private static async Task PipeAsync(NpgsqlConnection source, NpgsqlConnection target, string table, string into, string condition, CancellationToken cancel)
    {
        // By name: tables that are of different age have their columns in different order.
        var columns = await ColumnsAsync(source, table, cancel);
        await using var output = await source.BeginRawBinaryCopyAsync($"copy (select {columns} from {table} where {condition}) to stdout (format binary)", cancel);
        await using var input = await target.BeginRawBinaryCopyAsync($"copy {into} ({columns}) from stdin (format binary)", cancel);
        try
        {
            await output.CopyToAsync(input, cancel);
        }
        catch
        {
            await input.CancelAsync();
            throw;
        }
    }

    private static async Task<string> ColumnsAsync(NpgsqlConnection source, string table, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select string_agg(attname, ', ' order by attnum) from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped", source);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = table, NpgsqlDbType = NpgsqlDbType.Text });
        return (string)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancel);
    }
}

/// <summary>Somebody else copies the queue by now, or nobody may any more.</summary>
internal sealed class StaleCopyException() : Exception("The copy of the queue was taken over, ended, or given up.");
