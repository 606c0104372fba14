using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;

namespace Tickets.Core.Settings;

/// <summary>Reads of the settings database, and the one way to change it: under the revision counter's lock.</summary>
public sealed class SettingsDatabase(NpgsqlDataSource database)
{
    internal async Task<SettingsChanges> ReadChangesAsync(long knownRevision, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        // One snapshot for all tables: a queue never arrives before the workflow that it names.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select revision from settings_revision"));
        foreach (var sql in new[]
        {
            "select body, revision from workflows where revision > $1 order by revision",
            "select queue_id, body, revision from queues where revision > $1 order by revision",
            "select key_id, secret_hash, role, queue_prefixes, revoked_at is not null, expires_at, requests_per_minute, requests_per_day from api_keys where revision > $1",
        })
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = knownRevision } } });
        }

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var revision = reader.GetInt64(0);

        var workflows = new List<Workflow>();
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            workflows.Add(JsonSerializer.Deserialize(reader.GetString(0), TicketsJson.Default.Workflow)! with { Revision = reader.GetInt64(1) });

        var queues = new List<(int, Queue)>();
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            queues.Add((reader.GetInt32(0), JsonSerializer.Deserialize(reader.GetString(1), TicketsJson.Default.Queue)! with { Revision = reader.GetInt64(2) }));

        var keys = new List<StoredKey>();
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            keys.Add(ReadKey(reader));

        return new SettingsChanges(revision, workflows, queues, keys);
    }

    private static StoredKey ReadKey(NpgsqlDataReader reader)
    {
        var caller = new Caller(reader.GetString(0), RoleNames.Parse(reader.GetString(2))!.Value, reader.GetFieldValue<string[]>(3))
        {
            ExpiresAt = reader.TimeOrNull(5),
            Limits = RequestLimits.Of(reader.IsDBNull(6) ? null : reader.GetInt32(6), reader.NumberOrNull(7)),
        };
        return new StoredKey(caller.KeyId, reader.GetFieldValue<byte[]>(1), caller, reader.GetBoolean(4));
    }

    /// <summary>The secret for <paramref name="purpose"/>, made on first use; the same for all processes.</summary>
    internal async Task<byte[]> SecretAsync(string purpose, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("insert into signing_secrets (purpose, secret) values ($1, $2) on conflict (purpose) do nothing");
        command.Parameters.Add(new() { Value = purpose });
        command.Parameters.Add(new() { Value = RandomNumberGenerator.GetBytes(32) });
        await command.ExecuteNonQueryAsync(cancel);

        await using var read = database.CreateCommand("select secret from signing_secrets where purpose = $1");
        read.Parameters.Add(new() { Value = purpose });
        return (byte[])(await read.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>The first of a block of <see cref="Ticketing.TicketNumbers.BlockSize"/> ticket numbers that are the caller's alone. Numbers of lost blocks are gaps.</summary>
    internal async Task<long> TakeNumbersAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select nextval('ticket_numbers')");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>
    /// Changes settings: takes the next revision, lets <paramref name="change"/> write and record rows under it, and commits.
    /// Changes run one after the other; a problem from <paramref name="change"/>, or a change that recorded nothing, rolls everything back.
    /// </summary>
    /// <param name="actor">Who does it: a key's id, <c>token:SUBJECT</c>, <c>operation:ID</c> or <c>system</c>.</param>
    internal async Task<Result<T>> ChangeAsync<T>(string actor, DateTimeOffset at, Func<SettingsChange, Task<Result<T>>> change, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var next = new NpgsqlCommand("update settings_revision set revision = revision + 1 returning revision", connection, transaction);
        var revision = (long)(await next.ExecuteScalarAsync(cancel))!;
        var changing = new SettingsChange(connection, revision, actor, at);
        var result = await change(changing);
        if (!result.IsProblem && changing.Recorded)
            await transaction.CommitAsync(cancel);
        return result;
    }
}
