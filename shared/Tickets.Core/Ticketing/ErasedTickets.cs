using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing;

/// <param name="Day">Of its creation.</param>
public sealed record ErasedTicket(long TicketId, DateOnly Day);

/// <param name="Operation">By which the ticket was erased.</param>
internal sealed record Tombstone(int QueueId, DateOnly Day, string Operation);

/// <summary>
/// The tickets that were erased, as every shard has them. An erasure and a return from cold of the same ticket take the same lock first, so of the two the
/// second one sees what the first has done.
/// </summary>
internal static class ErasedTickets
{
    // Any constant that no other advisory lock of the shard uses: the bytes of "gone".
    private const int LockClass = 0x676f6e65;

    /// <summary>To be the first lock of the transaction. Its rows mean nothing.</summary>
    public static NpgsqlBatchCommand Lock(IEnumerable<long> ticketIds) => Sql.Command(
        $"select pg_advisory_xact_lock({LockClass}, key) from unnest($1::int[]) key", Sql.Array([.. ticketIds.Select(id => (int)(id ^ (id >> 32))).Distinct().Order()]));

    public static NpgsqlBatchCommand Read(IEnumerable<long> ticketIds) => Sql.Command(
        "select ticket_id, queue_id, day, operation from erased_tickets where ticket_id = any($1)", Sql.Array([.. ticketIds]));

    /// <summary>An earlier erasure's row stays.</summary>
    public static NpgsqlBatchCommand Put(int queueId, string operation, IReadOnlyCollection<ErasedTicket> tickets) => Sql.Command(
        "insert into erased_tickets (ticket_id, queue_id, day, operation) select ticket_id, $3, day, $4 from unnest($1::bigint[], $2::date[]) as erased(ticket_id, day) on conflict (ticket_id) do nothing",
        Sql.Array([.. tickets.Select(ticket => ticket.TicketId)]),
        new NpgsqlParameter<DateOnly[]> { TypedValue = [.. tickets.Select(ticket => ticket.Day)] },
        Sql.Value(queueId),
        Sql.Value(operation));

    public static async Task<Dictionary<long, Tombstone>> ReadAsync(Shard shard, IReadOnlyCollection<long> ticketIds, CancellationToken cancel)
    {
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Read(ticketIds) } };
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        return await ReadAsync(reader, cancel);
    }

    public static async Task<Dictionary<long, Tombstone>> ReadAsync(NpgsqlDataReader reader, CancellationToken cancel = default)
    {
        var found = new Dictionary<long, Tombstone>();
        while (await reader.ReadAsync(cancel))
            found[reader.GetInt64(0)] = new Tombstone(reader.GetInt32(1), reader.GetFieldValue<DateOnly>(2), reader.GetString(3));
        return found;
    }

    /// <summary>Tells a shard of tickets that were erased on another one.</summary>
    public static async Task TellAsync(Shard shard, int queueId, string operation, IReadOnlyCollection<ErasedTicket> tickets, CancellationToken cancel)
    {
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { Lock(tickets.Select(ticket => ticket.TicketId)), Put(queueId, operation, tickets) } };
        await batch.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
    }

    /// <summary>Those that were erased since then, by the shard's clock.</summary>
    public static async Task<HashSet<long>> SinceAsync(Shard shard, DateTimeOffset since, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select ticket_id from erased_tickets where at >= $1");
        command.Parameters.Add(Sql.Value(since));
        var found = new HashSet<long>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            found.Add(reader.GetInt64(0));
        return found;
    }
}
