using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Core.Ticketing;

/// <summary>
/// Moves of tickets between shards (T13). Three transactions: the departure (the decision, and the <c>moved_out</c> op), the arrival
/// (the instant at which the ticket changes queues, and the <c>moved_in</c> op), and the clearing away. Each may be repeated; a move that
/// was cut off is finished by whoever touches the ticket next, or by the sweep.
/// </summary>
public sealed partial class Moves
{
    /// <summary>A number that left a shard is remembered there so long: nothing that could bring the ticket a second time lives longer.</summary>
    internal static readonly TimeSpan NumberKept = TimeSpan.FromDays(1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly ShardWriters _writers;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal Moves(ShardSet shards, SettingsCache settings, ShardWriters writers, TimeProvider clock, ILogger<Moves> logger) =>
        (_shards, _settings, _writers, _clock, _logger) = (shards, settings, writers, clock, logger);

    /// <summary>Finishes every move that began some time ago and has not ended.</summary>
    /// <returns>How many were finished.</returns>
    public async Task<int> SweepAsync(CancellationToken cancel)
    {
        var finished = 0;
        foreach (var shard in _shards.All)
        {
            foreach (var (from, ticket) in await ReadAsync(shard, "started_at < $1 order by started_at limit 500", Sql.Value(_clock.GetUtcNow() - Patience), cancel))
            {
                LogSweeping(_logger, ticket.TicketId, shard.Name);
                finished += await FinishAsync(shard.Name, from, ticket, cancel) ? 1 : 0;
            }
        }

        return finished;
    }

    /// <summary>Finishes every move away from a queue on a shard.</summary>
    /// <returns>Whether none is left.</returns>
    internal async Task<bool> FinishFromAsync(Shard shard, int fromQueue, CancellationToken cancel)
    {
        var finished = true;
        foreach (var (from, ticket) in await ReadAsync(shard, "from_queue = $1", Sql.Value(fromQueue), cancel))
            finished &= await FinishAsync(shard.Name, from, ticket, cancel);
        return finished;
    }

    /// <summary>Finishes the move that a ticket of this shard is in, if it is in one.</summary>
    internal async Task<bool> FinishAsync(string shard, long ticketId, CancellationToken cancel)
    {
        foreach (var (from, ticket) in await ReadAsync(_shards[shard], "ticket_id = $1", Sql.Value(ticketId), cancel))
            return await FinishAsync(shard, from, ticket, cancel);
        return true;
    }

    /// <summary>Whether a shard can take a ticket now, as far as anybody can tell.</summary>
    internal async Task<bool> CanArriveAsync(string shard, CancellationToken cancel)
    {
        try
        {
            await using var command = _shards[shard].Database.CreateCommand("select 1");
            await command.ExecuteScalarAsync(cancel);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <returns>False when the other shard cannot take the ticket now; the sweep tries again.</returns>
    internal async Task<bool> FinishAsync(string shard, int fromQueue, MovingTicket ticket, CancellationToken cancel)
    {
        var settings = _settings.Current;
        if (!settings.QueuesById.TryGetValue(ticket.QueueId, out var target) || !settings.QueuesById.TryGetValue(fromQueue, out var source))
            return false;
        IReadOnlyList<KeptAnswer> answers;
        try
        {
            // The ticket is on its way, so there will be no more of them.
            answers = await KeptAnswers.OfAsync(_shards[shard], ticket.TicketId, _clock.GetUtcNow(), cancel);
        }
        catch (NpgsqlException)
        {
            // The old shard is away: nothing is lost, the ticket arrives when it is back.
            return false;
        }

        var arrival = await _writers[target.ShardOf(ticket.TicketId)].WriteAsync(new ArriveTicket(target, ticket, answers), cancel);
        if (arrival.IsProblem)
            return false;
        var clearing = await _writers[shard].WriteAsync(new FinishDeparture(source, ticket.TicketId, ticket.Version), cancel);
        return !clearing.IsProblem;
    }

    /// <summary>
    /// Which of these tickets, all on their way to one queue, have arrived there: they are not in their old queue any more. Where the new shard cannot be asked
    /// nobody can read them there, so they stay in their old queue as it last knew them.
    /// </summary>
    internal async Task<IReadOnlySet<long>> ArrivedAsync(int toQueue, IReadOnlyList<TicketState> tickets, CancellationToken cancel)
    {
        var arrived = new HashSet<long>();
        if (!_settings.Current.QueuesById.TryGetValue(toQueue, out var target))
            return arrived;
        foreach (var shard in tickets.GroupBy(ticket => target.ShardOf(ticket.TicketId), StringComparer.Ordinal))
        {
            try
            {
                arrived.UnionWith(await ArrivedOnAsync(_shards[shard.Key], [.. shard], cancel));
            }
            catch (NpgsqlException)
            {
                // Away: see above.
            }
        }

        return arrived;
    }

    private static async Task<List<long>> ArrivedOnAsync(Shard shard, IReadOnlyList<TicketState> tickets, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand(
            """
            select used.ticket_id from ticket_numbers_used used join unnest($1::bigint[], $2::bigint[]) as left_as(ticket_id, version) on left_as.ticket_id = used.ticket_id
            where used.since_version > left_as.version
            """);
        command.Parameters.Add(Sql.Array([.. tickets.Select(ticket => ticket.TicketId)]));
        command.Parameters.Add(Sql.Array([.. tickets.Select(ticket => ticket.Version)]));
        var arrived = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            arrived.Add(reader.GetInt64(0));
        return arrived;
    }

    private static async Task<List<(int FromQueue, MovingTicket Ticket)>> ReadAsync(Shard shard, string where, NpgsqlParameter parameter, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand($"select from_queue, ticket from departures where {where}");
        command.Parameters.Add(parameter);
        var departures = new List<(int, MovingTicket)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            departures.Add((reader.GetInt32(0), MovingTicket.FromJson(reader.GetString(1))));
        return departures;
    }

    [LoggerMessage(510, LogLevel.Information, "Finishing the move of ticket {TicketId} away from shard {Shard}, which was cut off")]
    private static partial void LogSweeping(ILogger logger, long ticketId, string shard);
}
