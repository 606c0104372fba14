using System.Security.Cryptography;
using Tickets.Core.Access;

namespace Tickets.Core.Settings;

/// <summary>Tells who calls by their API key, from the settings cache: a revoked key stops working with the next refresh.</summary>
public sealed class KeyRing(SettingsCache settings)
{
    /// <returns>The caller, or null when the key is malformed, unknown, revoked or wrong.</returns>
    public Caller? Authenticate(string text)
    {
        if (!ApiKey.TryParse(text, out var key)
            || !settings.Current.Keys.TryGetValue(key.KeyId.ToString(), out var stored)
            || stored.Revoked)
            return null;
        return CryptographicOperations.FixedTimeEquals(ApiKey.Hash(key.Secret, settings.Secrets.ApiKeys), stored.SecretHash) ? stored.Caller : null;
    }
}
