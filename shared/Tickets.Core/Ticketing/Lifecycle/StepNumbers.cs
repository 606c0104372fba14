using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Numbers;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <param name="IsMade">The ticket of this number was made.</param>
internal readonly record struct StepNumber(long Number, bool IsMade);

/// <summary>The number that the ticket of a step has: the same, however often and wherever the step is done. Kept on the shard where the life began.</summary>
internal sealed class StepNumbers(ShardSet shards, TicketNumbers numbers, TimeProvider clock)
{
    public const int OfTimeout = -1;
    public const int OfStuckStep = -2;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(90);
    private const int Bite = 20_000;

    public async Task<StepNumber> TakeAsync(LifecycleState state, int step, CancellationToken cancel)
    {
        await using var connection = await HomeOf(state).Database.OpenConnectionAsync(cancel);
        if (await ReadAsync(connection, state, step, cancel) is { } known)
            return known;
        await using var take = new NpgsqlCommand(
            "insert into lifecycle_numbers (ticket_id, entered_version, step, status, number, taken_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing", connection);
        AddKey(take, state, step);
        take.Parameters.Add(Sql.Value(state.Status));
        take.Parameters.Add(Sql.Value(await numbers.NextAsync(cancel)));
        take.Parameters.Add(Sql.Value(clock.GetUtcNow()));
        await take.ExecuteNonQueryAsync(cancel);
        // If another one was faster, its number counts; ours is a gap.
        return (await ReadAsync(connection, state, step, cancel))!.Value;
    }

    public async Task MadeAsync(LifecycleState state, int step, CancellationToken cancel)
    {
        await using var made = HomeOf(state).Database.CreateCommand("update lifecycle_numbers set made = true where ticket_id = $1 and entered_version = $2 and step = $3");
        AddKey(made, state, step);
        await made.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Forgets numbers of steps so long ago that nobody does them again.</summary>
    public async Task<long> ForgetAsync(CancellationToken cancel)
    {
        var forgotten = 0L;
        foreach (var shard in shards.All)
        {
            await using var command = shard.Database.CreateCommand(
                $"delete from lifecycle_numbers where (ticket_id, entered_version, step) in (select ticket_id, entered_version, step from lifecycle_numbers where taken_at < $1 order by taken_at limit {Bite})");
            command.Parameters.Add(Sql.Value(clock.GetUtcNow() - Kept));
            forgotten += await command.ExecuteNonQueryAsync(cancel);
        }

        return forgotten;
    }

    /// <summary>Of a home that is not in use any more, what it kept is lost with it.</summary>
    public string HomeNameOf(LifecycleState state) => state.Home is { } home && shards.Knows(home) ? home : state.Shard;

    private Shard HomeOf(LifecycleState state) => shards[HomeNameOf(state)];

    private static async Task<StepNumber?> ReadAsync(NpgsqlConnection connection, LifecycleState state, int step, CancellationToken cancel)
    {
        await using var read = new NpgsqlCommand("select number, made from lifecycle_numbers where ticket_id = $1 and entered_version = $2 and step = $3", connection);
        AddKey(read, state, step);
        await using var reader = await read.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new StepNumber(reader.GetInt64(0), reader.GetBoolean(1)) : null;
    }

    private static void AddKey(NpgsqlCommand command, LifecycleState state, int step)
    {
        command.Parameters.Add(Sql.Value(state.TicketId));
        command.Parameters.Add(Sql.Value(state.EnteredVersion));
        command.Parameters.Add(Sql.Value((long)step));
    }
}
