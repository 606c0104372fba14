using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tickets.Contracts;
using Tickets.Core.Access;

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
            "select key_id, secret_hash, role, queue_prefixes, revoked_at is not null from api_keys where revision > $1",
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
            keys.Add(new StoredKey(reader.GetString(0), reader.GetFieldValue<byte[]>(1), new Caller(reader.GetString(0), Enum.Parse<Role>(reader.GetString(2), ignoreCase: true), reader.GetFieldValue<string[]>(3)), reader.GetBoolean(4)));

        return new SettingsChanges(revision, workflows, queues, keys);
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
    /// Changes settings: takes the next revision, lets <paramref name="change"/> write rows under it, and commits.
    /// Changes run one after the other; a problem from <paramref name="change"/> rolls everything back.
    /// </summary>
    internal async Task<Platform.Result<T>> ChangeAsync<T>(Func<NpgsqlConnection, long, Task<Platform.Result<T>>> change, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var next = new NpgsqlCommand("update settings_revision set revision = revision + 1 returning revision", connection, transaction);
        var revision = (long)(await next.ExecuteScalarAsync(cancel))!;
        var result = await change(connection, revision);
        if (!result.IsProblem)
            await transaction.CommitAsync(cancel);
        return result;
    }

    internal async Task InsertKeyAsync(NpgsqlConnection connection, long revision, string keyId, byte[] hash, Role role, IReadOnlyList<string> prefixes, string description, DateTimeOffset now, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("insert into api_keys (key_id, secret_hash, role, queue_prefixes, description, created_at, revision) values ($1, $2, $3, $4, $5, $6, $7)", connection);
        command.Parameters.Add(new() { Value = keyId });
        command.Parameters.Add(new() { Value = hash });
        command.Parameters.Add(new() { Value = role.ToString().ToLowerInvariant() });
        command.Parameters.Add(new() { Value = prefixes.ToArray() });
        command.Parameters.Add(new() { Value = description });
        command.Parameters.Add(new() { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = revision });
        await command.ExecuteNonQueryAsync(cancel);
    }
}
