using System.Security.Cryptography;
using Tickets.Core.Access;

namespace Tickets.Core.Settings;

/// <summary>Tells who calls by their API key, from the settings cache: a revoked key stops working with the next refresh.</summary>
public sealed class KeyRing(SettingsCache settings, TimeProvider clock)
{
    /// <summary>Whether anybody could come in with a key.</summary>
    public bool HasGoodKeys => settings.Current.Keys.Values.Any(key => key.IsGood(clock.GetUtcNow()));

    /// <returns>The caller, or null when the key is malformed, unknown, revoked, expired or wrong.</returns>
    public Caller? Authenticate(string text)
    {
        if (!ApiKey.TryParse(text, out var key)
            || !settings.Current.Keys.TryGetValue(key.KeyId.ToString(), out var stored)
            || !stored.IsGood(clock.GetUtcNow()))
            return null;
        return CryptographicOperations.FixedTimeEquals(ApiKey.Hash(key.Secret, settings.Secrets.ApiKeys), stored.SecretHash) ? stored.Caller : null;
    }
}
