using System.Buffers.Binary;
using System.Text;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Numbers;

/// <param name="TicketId">The number that the ticket will have.</param>
/// <param name="Home">The shard that keeps the one record of the nonce's use, whatever queue it is used for.</param>
public sealed record Nonce(long TicketId, string Home, DateTimeOffset ExpiresAt);

/// <summary>Issues and reads nonces (T2): signed, so that only numbers we gave out can become tickets, and stateless until used.</summary>
public sealed class Nonces(SettingsCache settings, TicketNumbers numbers, TicketsOptions options, TimeProvider clock)
{
    private const byte Format = 1;
    private const int HeaderLength = 1 + sizeof(long) + sizeof(long);

    public async ValueTask<string> IssueAsync(string home, CancellationToken cancel)
    {
        var number = await numbers.NextAsync(cancel);
        return Write(new Nonce(number, home, clock.GetUtcNow() + options.NonceLifetime));
    }

    /// <returns>The nonce, or 409 when it is forged or expired.</returns>
    public Result<Nonce> Read(string text)
    {
        if (!SignedToken.TryOpen(text, settings.Secrets.Nonces, out var payload) || payload.Length < HeaderLength || payload[0] != Format)
            return Problems.InvalidNonce("The nonce was not issued here. Take one from POST /nonces and use it unchanged.");
        var nonce = new Nonce(
            BinaryPrimitives.ReadInt64BigEndian(payload.AsSpan(1)),
            Encoding.UTF8.GetString(payload.AsSpan(HeaderLength)),
            DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(payload.AsSpan(1 + sizeof(long)))));
        return nonce.ExpiresAt > clock.GetUtcNow()
            ? nonce
            : Problems.InvalidNonce($"The nonce expired at {nonce.ExpiresAt:yyyy-MM-dd'T'HH:mm:ss'Z'}. Take a new one from POST /nonces.");
    }

    private string Write(Nonce nonce)
    {
        Span<byte> payload = stackalloc byte[HeaderLength + Encoding.UTF8.GetMaxByteCount(nonce.Home.Length)];
        payload[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(payload[1..], nonce.TicketId);
        BinaryPrimitives.WriteInt64BigEndian(payload[(1 + sizeof(long))..], nonce.ExpiresAt.ToUnixTimeSeconds());
        var home = Encoding.UTF8.GetBytes(nonce.Home, payload[HeaderLength..]);
        return SignedToken.Seal(payload[..(HeaderLength + home)], settings.Secrets.Nonces);
    }
}
