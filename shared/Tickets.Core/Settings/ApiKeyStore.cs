using Npgsql;
using Tickets.Core.Access;

namespace Tickets.Core.Settings;

/// <summary>Makes API keys. A key's text is known only to the caller of <see cref="CreateAsync"/>; the database keeps a keyed hash.</summary>
public sealed class ApiKeyStore(NpgsqlDataSource settingsDatabase, TimeProvider clock)
{
    /// <param name="queuePrefixes">The queues the key reaches; an empty prefix reaches all.</param>
    /// <returns>The key's text, <c>tk_ID_SECRET</c>.</returns>
    public async Task<string> CreateAsync(Role role, IReadOnlyList<string> queuePrefixes, string description, CancellationToken cancel)
    {
        var settings = new SettingsDatabase(settingsDatabase);
        var hashSecret = await settings.SecretAsync(SigningSecrets.ApiKeysPurpose, cancel);
        var (keyId, secret, text) = ApiKey.Make();
        await settings.ChangeAsync<bool>(
            async (connection, revision) =>
            {
                await settings.InsertKeyAsync(connection, revision, keyId, ApiKey.Hash(secret, hashSecret), role, queuePrefixes, description, clock.GetUtcNow(), cancel);
                return true;
            },
            cancel);
        return text;
    }

    /// <summary>Whether the database knows the key with this text and it is not revoked.</summary>
    public async Task<bool> ExistsAsync(string text, CancellationToken cancel)
    {
        var hashSecret = await new SettingsDatabase(settingsDatabase).SecretAsync(SigningSecrets.ApiKeysPurpose, cancel);
        if (Parts(text, hashSecret) is not var (keyId, hash))
            return false;
        await using var command = settingsDatabase.CreateCommand("select exists (select from api_keys where key_id = $1 and secret_hash = $2 and revoked_at is null)");
        command.Parameters.Add(new() { Value = keyId });
        command.Parameters.Add(new() { Value = hash });
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static (string KeyId, byte[] Hash)? Parts(string text, byte[] hashSecret) =>
        ApiKey.TryParse(text, out var key) ? (key.KeyId.ToString(), ApiKey.Hash(key.Secret, hashSecret)) : null;
}
