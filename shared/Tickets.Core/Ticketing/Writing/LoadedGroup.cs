using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>A number as this shard knows it; <see cref="QueueId"/> is null when it is only claimed, for a ticket on <see cref="ClaimedFor"/>.</summary>
/// <param name="Since">The ticket's version since which it is here, or gone.</param>
internal sealed record UsedNumber(int? QueueId, Guid? Content, long Since = 0, bool Gone = false, string? ClaimedFor = null);

/// <summary>What a group's decisions need to know, read and locked in one round trip at the start of its transaction.</summary>
internal sealed class LoadedGroup
{
    public Dictionary<long, TicketState> Tickets { get; } = [];
    public Dictionary<long, UsedNumber> Numbers { get; } = [];

    /// <summary>What tickets that arrive now once left behind here: the queue, and the version with which they left.</summary>
    public Dictionary<long, (int FromQueue, long Version)> Departures { get; } = [];
    public Dictionary<Guid, StoredAnswer> Answers { get; } = [];

    /// <summary>Of the tickets that the group erases or brings back, those that were erased before.</summary>
    public Dictionary<long, Tombstone> Erased { get; private set; } = [];

    /// <summary>
    /// Lock order, the same in every process: tickets that are erased or come back from cold; ticket rows by queue id and ticket id; departures, then numbers, by ticket id; the change log's head last,
    /// when the group is written. Meta rows are guarded by their ticket's row.
    /// </summary>
    public static async Task<LoadedGroup> ReadAsync(NpgsqlConnection connection, IReadOnlyList<PendingCommand> group)
    {
        var loaded = new LoadedGroup();
        var queues = group.Select(pending => pending.Command).Where(command => command is UpdateTicket or AcceptTicket or EraseTicket)
            .GroupBy(command => command.Queue.QueueId).OrderBy(queue => queue.Key).ToList();
        var numbers = group.Select(pending => pending.Command).Where(command => command is CreateTicket { Nonce: not null } or ClaimNumber or ArriveTicket or ReturnTicket).Select(command => command.TicketId).ToArray();
        var arriving = group.Select(pending => pending.Command).Where(command => command is ArriveTicket).Select(command => command.TicketId).ToArray();
        var returning = group.Select(pending => pending.Command).Where(command => command is EraseTicket or ReturnTicket).Select(command => command.TicketId).ToArray();
        var keys = group.Select(pending => (pending.Command as UpdateTicket)?.Idempotency?.Key).OfType<Guid>().ToArray();

        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Command("begin"));
        if (returning.Length > 0)
        {
            batch.BatchCommands.Add(ErasedTickets.Lock(returning));
            batch.BatchCommands.Add(ErasedTickets.Read(returning));
        }

        foreach (var queue in queues)
            AddTicketReads(batch, queue.First().Queue, [.. queue]);
        if (arriving.Length > 0)
            batch.BatchCommands.Add(Sql.Command("select ticket_id, from_queue, (ticket ->> 'version')::bigint from departures where ticket_id = any($1) order by ticket_id for update", Sql.Array(arriving)));
        // Who writes a number that it found here holds its lock; who found none inserts, and is refused when another was faster.
        batch.BatchCommands.Add(Sql.Command("select ticket_id, queue_id, content, since_version, gone, claimed_for from ticket_numbers_used where ticket_id = any($1) order by ticket_id for update", Sql.Array(numbers)));
        // After the tickets' locks: another process may have held them to answer the same request, and its answer is seen only now.
        batch.BatchCommands.Add(Sql.Command("select key, content, ticket_id, versions, opid, shard from idempotency_keys where key = any($1)", Sql.Array(keys)));

        await using var reader = await batch.ExecuteReaderAsync();
        if (returning.Length > 0)
        {
            await reader.NextResultAsync();
            loaded.Erased = await ErasedTickets.ReadAsync(reader);
            await reader.NextResultAsync();
        }

        foreach (var queue in queues)
            await loaded.ReadTicketsAsync(reader, queue.First().Queue);
        if (arriving.Length > 0)
        {
            while (await reader.ReadAsync())
                loaded.Departures[reader.GetInt64(0)] = (reader.GetInt32(1), reader.GetInt64(2));
            await reader.NextResultAsync();
        }

        while (await reader.ReadAsync())
            loaded.Numbers[reader.GetInt64(0)] = new UsedNumber(reader.IsDBNull(1) ? null : reader.GetInt32(1), reader.IsDBNull(2) ? null : reader.GetGuid(2), reader.NumberOrNull(3) ?? 0, reader.GetBoolean(4), reader.TextOrNull(5));
        await reader.NextResultAsync();
        while (await reader.ReadAsync())
            loaded.Answers[reader.GetGuid(0)] = new StoredAnswer(reader.GetGuid(1), reader.GetInt64(2), reader.GetString(3), reader.GetInt64(4), reader.TextOrNull(5));
        return loaded;
    }

    private static void AddTicketReads(NpgsqlBatch batch, QueueSettings queue, IReadOnlyList<TicketCommand> commands)
    {
        var ids = commands.Select(command => command.TicketId).Distinct().Order().ToArray();
        batch.BatchCommands.Add(Sql.Command($"select {TicketColumns.All} from {queue.TicketsTable} where ticket_id = any($1) order by ticket_id for update", Sql.Array(ids)));

        // Of a ticket whose blocks are asked about or set, the versions of all: there is a limit to how many it may have. Their content is
        // read only for tickets that move: the new queue's readers are told all of it.
        var moving = commands.Where(command => command is UpdateTicket { MoveTo: not null }).Select(command => command.TicketId).ToArray();
        var asking = commands.OfType<UpdateTicket>().Where(command => command.Blocks.Any()).Select(command => command.TicketId).ToArray();
        batch.BatchCommands.Add(Sql.Command(
            $"""
            select ticket_id, block, version, data is not null, case when ticket_id = any($2) then data end
            from {queue.MetaTable} where ticket_id = any($1) or ticket_id = any($2)
            """,
            Sql.Array(asking),
            Sql.Array(moving)));
    }

    private async Task ReadTicketsAsync(NpgsqlDataReader reader, QueueSettings queue)
    {
        while (await reader.ReadAsync())
        {
            var ticket = TicketColumns.Read(reader, queue);
            Tickets[ticket.TicketId] = ticket;
        }

        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            if (Tickets.TryGetValue(reader.GetInt64(0), out var ticket))
                Tickets[ticket.TicketId] = ticket with { Blocks = ticket.Blocks.SetItem(reader.GetString(1), new BlockState(reader.GetInt64(2), reader.GetBoolean(3), reader.TextOrNull(4))) };
        }

        await reader.NextResultAsync();
    }
}
