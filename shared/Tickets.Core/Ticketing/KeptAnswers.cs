using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Core.Ticketing;

/// <summary>
/// The answers to updates with an Idempotency-Key. They are kept on the shard of their ticket and go with it to others, so the writer of that shard finds them; here
/// they are looked for after a refusal that may come of where the ticket was looked for, or of a workflow that is not the one of then.
/// </summary>
internal sealed class KeptAnswers(ShardSet shards)
{
    /// <returns>What the first request with the key was answered, or 422 when it said something else; null when no shard that can be reached knows the key.</returns>
    /// <param name="certainly">Whether a shard that is away makes it a failure that nothing was found.</param>
    /// <exception cref="NpgsqlException">A shard is away, and the answer may be there.</exception>
    public async Task<Result<Written>?> FindAsync(IdempotencyUse use, bool certainly, CancellationToken cancel)
    {
        var asked = shards.All.Select(shard => FindOnAsync(shard, use.Key, cancel)).ToList();
        await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
        foreach (var answer in asked.Where(answer => answer.IsCompletedSuccessfully))
        {
            if (await answer is { } stored)
                return stored.Content == use.Content ? stored.ToWritten(stored.Shard!) : Problems.IdempotencyKeyReused();
        }

        if (certainly)
            await Task.WhenAll(asked);
        return null;
    }

    /// <summary>The answers that a ticket takes along to another shard.</summary>
    public static async Task<IReadOnlyList<KeptAnswer>> OfAsync(Shard shard, long ticketId, DateTimeOffset now, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select key, content, versions, opid, shard, expires_at from idempotency_keys where ticket_id = $1 and expires_at > $2");
        command.Parameters.Add(Sql.Value(ticketId));
        command.Parameters.Add(Sql.Value(now));
        var answers = new List<KeptAnswer>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            answers.Add(new KeptAnswer(reader.GetGuid(0), new StoredAnswer(reader.GetGuid(1), ticketId, reader.GetString(2), reader.GetInt64(3), reader.TextOrNull(4) ?? shard.Name), reader.Time(5)));
        return answers;
    }

    private static async Task<StoredAnswer?> FindOnAsync(Shard shard, Guid key, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select content, ticket_id, versions, opid, shard from idempotency_keys where key = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = key });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new StoredAnswer(reader.GetGuid(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3), reader.TextOrNull(4) ?? shard.Name)
            : null;
    }
}

/// <param name="Shard">The shard whose log has the op, when it is not the one that keeps the answer.</param>
internal sealed record StoredAnswer(Guid Content, long TicketId, string Versions, long Opid, string? Shard = null)
{
    public Written ToWritten(string shard) => new(TicketId, JsonSerializer.Deserialize(Versions, TicketsJson.Default.TicketVersions)!, Opid, Shard ?? shard);
}

/// <summary>An answer on its way to another shard.</summary>
internal sealed record KeptAnswer(Guid Key, StoredAnswer Answer, DateTimeOffset ExpiresAt);
