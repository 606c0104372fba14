using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tickets.Core.Access;

/// <summary>
/// The text of an API key: <c>tk_ID_SECRET</c>. The secret is 32 random bytes, so a fast keyed hash protects it as well as a slow
/// one would, and costs a microsecond a request instead of a core.
/// </summary>
internal readonly ref struct ApiKey
{
    /// <summary>Tells keys from tokens.</summary>
    public const string Prefix = "tk_";

    private const int MaxLength = 200;

    private ApiKey(ReadOnlySpan<char> keyId, ReadOnlySpan<char> secret)
    {
        KeyId = keyId;
        Secret = secret;
    }

    public ReadOnlySpan<char> KeyId { get; }
    public ReadOnlySpan<char> Secret { get; }

    public static (string KeyId, string Secret, string Text) Make()
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (id, secret, $"{Prefix}{id}_{secret}");
    }

    public static bool TryParse(ReadOnlySpan<char> text, out ApiKey key)
    {
        key = default;
        if (text.Length > MaxLength || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        var rest = text[Prefix.Length..];
        var parting = rest.IndexOf('_');
        if (parting <= 0 || parting == rest.Length - 1)
            return false;
        key = new ApiKey(rest[..parting], rest[(parting + 1)..]);
        return true;
    }

    public static byte[] Hash(ReadOnlySpan<char> secret, ReadOnlySpan<byte> pepper)
    {
        Span<byte> utf8 = stackalloc byte[Encoding.UTF8.GetMaxByteCount(secret.Length)];
        var length = Encoding.UTF8.GetBytes(secret, utf8);
        return HMACSHA256.HashData(pepper, utf8[..length]);
    }
}

/// <summary>A key as the settings hold it.</summary>
internal sealed record StoredKey(string KeyId, byte[] SecretHash, Caller Caller, bool Revoked)
{
    /// <summary>At its end a key stops by itself, in every process at once.</summary>
    public bool IsGood(DateTimeOffset now) => !Revoked && !(Caller.ExpiresAt <= now);
}
