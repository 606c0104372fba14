using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Settings;

/// <summary>The keys in the settings database, which keeps a keyed hash of each and never its text.</summary>
public sealed class ApiKeyStore(NpgsqlDataSource settingsDatabase, TimeProvider clock)
{
    private readonly SettingsDatabase _settings = new(settingsDatabase);

    /// <summary>Makes a key without asking who may: for whoever has the database itself.</summary>
    /// <param name="queuePrefixes">The queues the key reaches; an empty prefix reaches all.</param>
    /// <returns>The key's text, <c>tk_ID_SECRET</c>.</returns>
    public async Task<string> CreateAsync(Role role, IReadOnlyList<string> queuePrefixes, string description, CancellationToken cancel)
    {
        var hashSecret = await _settings.SecretAsync(SigningSecrets.ApiKeysPurpose, cancel);
        var (keyId, secret, text) = ApiKey.Make();
        var now = Rfc3339.Truncate(clock.GetUtcNow());
        var key = new KeyRow(keyId, role, queuePrefixes, description, now, "system", null, null, null, null);
        await _settings.ChangeAsync<bool>(
            "system",
            now,
            async change =>
            {
                await InsertAsync(change, key, ApiKey.Hash(secret, hashSecret), "key.create", cancel);
                return true;
            },
            cancel);
        return text;
    }

    /// <summary>Whether the database knows the key with this text and it is good.</summary>
    public async Task<bool> ExistsAsync(string text, CancellationToken cancel)
    {
        var hashSecret = await _settings.SecretAsync(SigningSecrets.ApiKeysPurpose, cancel);
        if (Parts(text, hashSecret) is not var (keyId, hash))
            return false;
        await using var command = settingsDatabase.CreateCommand("select exists (select from api_keys where key_id = $1 and secret_hash = $2 and revoked_at is null and (expires_at is null or expires_at > $3))");
        command.Parameters.Add(Sql.Value(keyId));
        command.Parameters.Add(new() { Value = hash });
        command.Parameters.Add(Sql.Value(clock.GetUtcNow()));
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Keys whose whole reach is within <paramref name="reach"/>, in the order of their ids.</summary>
    /// <param name="after">An id: those after it.</param>
    internal async Task<List<KeyRow>> ListAsync(string prefix, string after, int most, IReadOnlyList<string> reach, CancellationToken cancel)
    {
        await using var command = settingsDatabase.CreateCommand(
            $"select {KeyRow.Columns} from api_keys where starts_with(key_id, $1) and key_id > $2 and prefixes_cover($3, queue_prefixes) order by key_id limit $4");
        command.Parameters.Add(Sql.Value(prefix));
        command.Parameters.Add(Sql.Value(after));
        command.Parameters.Add(Sql.Array([.. reach]));
        command.Parameters.Add(Sql.Value(most));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var keys = new List<KeyRow>();
        while (await reader.ReadAsync(cancel))
            keys.Add(KeyRow.Read(reader));
        return keys;
    }

    internal async Task<KeyRow?> FindAsync(string keyId, CancellationToken cancel)
    {
        await using var connection = await settingsDatabase.OpenConnectionAsync(cancel);
        return await FindAsync(connection, keyId, cancel);
    }

    internal static async Task<KeyRow?> FindAsync(NpgsqlConnection connection, string keyId, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand($"select {KeyRow.Columns} from api_keys where key_id = $1", connection);
        command.Parameters.Add(Sql.Value(keyId));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? KeyRow.Read(reader) : null;
    }

    /// <summary>Whether, without this key, no administrator of all queues would be left.</summary>
    internal static async Task<bool> IsLastAdminAsync(SettingsChange change, string keyId, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            select count(*) filter (where key_id = $1) > 0 and count(*) filter (where key_id <> $1) = 0
            from api_keys where role = 'admin' and '' = any(queue_prefixes) and revoked_at is null and (expires_at is null or expires_at > $2)
            """,
            change.Connection);
        command.Parameters.Add(Sql.Value(keyId));
        command.Parameters.Add(Sql.Value(change.At));
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    internal static async Task InsertAsync(SettingsChange change, KeyRow key, byte[] hash, string action, CancellationToken cancel)
    {
        await RecordAsync(change, action, key, cancel);
        await using var command = new NpgsqlCommand(
            """
            insert into api_keys (key_id, secret_hash, role, queue_prefixes, description, created_at, created_by, expires_at, requests_per_minute, requests_per_day, revision)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            change.Connection);
        command.Parameters.Add(Sql.Value(key.KeyId));
        command.Parameters.Add(new() { Value = hash });
        command.Parameters.Add(Sql.Value(key.Role.Text()));
        command.Parameters.Add(Sql.Array([.. key.QueuePrefixes]));
        command.Parameters.Add(Optional(key.Description, NpgsqlDbType.Text));
        command.Parameters.Add(Sql.Value(key.CreatedAt));
        command.Parameters.Add(Optional(key.CreatedBy, NpgsqlDbType.Text));
        command.Parameters.Add(Optional(key.ExpiresAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Optional(key.Limits?.PerMinute, NpgsqlDbType.Integer));
        command.Parameters.Add(Optional(key.Limits?.PerDay, NpgsqlDbType.Bigint));
        command.Parameters.Add(Sql.Value(change.Revision));
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Writes what can change of a key: when it ends, and what it was replaced by.</summary>
    internal static async Task UpdateAsync(SettingsChange change, KeyRow key, string action, CancellationToken cancel)
    {
        await RecordAsync(change, action, key, cancel);
        await using var command = new NpgsqlCommand("update api_keys set expires_at = $2, revoked_at = $3, replaced_by = $4, revision = $5 where key_id = $1", change.Connection);
        command.Parameters.Add(Sql.Value(key.KeyId));
        command.Parameters.Add(Optional(key.ExpiresAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Optional(key.RevokedAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Optional(key.ReplacedBy, NpgsqlDbType.Text));
        command.Parameters.Add(Sql.Value(change.Revision));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static Task RecordAsync(SettingsChange change, string action, KeyRow key, CancellationToken cancel) =>
        change.RecordAsync(action, key.KeyId, key.QueuePrefixes, JsonSerializer.Serialize(key.ToKey(change.At), TicketsJson.Default.Key), cancel);

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static (string KeyId, byte[] Hash)? Parts(string text, byte[] hashSecret) =>
        ApiKey.TryParse(text, out var key) ? (key.KeyId.ToString(), ApiKey.Hash(key.Secret, hashSecret)) : null;
}
