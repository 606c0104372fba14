using Npgsql;
using Tickets.Core.Settings;

namespace Tickets.Core.Access;

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
}
