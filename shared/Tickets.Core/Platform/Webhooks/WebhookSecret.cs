using System.Security.Cryptography;
using System.Text;

namespace Tickets.Core.Platform.Webhooks;

/// <summary>
/// What a receiver checks deliveries with: <c>whsec_</c> and 24 to 64 random bytes in base64. Signatures follow the Standard Webhooks
/// specification (https://www.standardwebhooks.com), so its libraries verify them.
/// </summary>
public sealed class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int LeastBytes = 24;
    private const int MostBytes = 64;

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    public string Text => Prefix + Convert.ToBase64String(_key);

    public static WebhookSecret Make() => new(RandomNumberGenerator.GetBytes(32));

    /// <returns>Null when the text is not such a secret.</returns>
    public static WebhookSecret? TryParse(string text)
    {
        var key = new byte[MostBytes];
        return text.StartsWith(Prefix, StringComparison.Ordinal) && Convert.TryFromBase64String(text[Prefix.Length..], key, out var length) && length >= LeastBytes
            ? new WebhookSecret(key[..length])
            : null;
    }

    /// <summary><c>v1,</c> and the base64 of HMAC-SHA256 over <c>id.timestamp.body</c>.</summary>
    public string Sign(string deliveryId, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        mac.AppendData(Encoding.UTF8.GetBytes($"{deliveryId}.{at.ToUnixTimeSeconds()}."));
        mac.AppendData(body);
        return $"v1,{Convert.ToBase64String(mac.GetHashAndReset())}";
    }
}
