using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Tickets.Core.Platform;

/// <summary>Opaque text that only we can make: base64url of a payload and the first 16 bytes of its HMAC-SHA256.</summary>
internal static class SignedToken
{
    private const int MacLength = 16;
    private const int MaxLength = 4096;

    public static string Seal(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> secret)
    {
        Span<byte> token = payload.Length <= 256 ? stackalloc byte[payload.Length + MacLength] : new byte[payload.Length + MacLength];
        payload.CopyTo(token);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, payload, mac);
        mac[..MacLength].CopyTo(token[payload.Length..]);
        return Base64Url.EncodeToString(token);
    }

    public static bool TryOpen(ReadOnlySpan<char> text, ReadOnlySpan<byte> secret, [NotNullWhen(true)] out byte[]? payload)
    {
        payload = null;
        if (text.Length > MaxLength || !Base64Url.IsValid(text, out var length) || length <= MacLength)
            return false;

        var token = new byte[length];
        if (Base64Url.DecodeFromChars(text, token, out _, out var written) != OperationStatus.Done || written != length)
            return false;
        // One token has one text: the decoder also takes white space and padding.
        if (!text.SequenceEqual(Base64Url.EncodeToString(token)))
            return false;

        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, token.AsSpan(0, length - MacLength), mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[..MacLength], token.AsSpan(length - MacLength)))
            return false;

        payload = token[..(length - MacLength)];
        return true;
    }
}
