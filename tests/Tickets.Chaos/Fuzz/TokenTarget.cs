using System.Security.Cryptography;
using Tickets.Core.Platform;

namespace Tickets.Chaos.Fuzz;

/// <summary>Nonces and cursors are tokens that only we can make: whatever differs by a character is none.</summary>
internal sealed class TokenTarget : IFuzzTarget
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);

    public string Name => "token";

    public Task<string?> TryAsync(Random random)
    {
        var payload = new byte[random.Next(1, 200)];
        random.NextBytes(payload);
        var token = SignedToken.Seal(payload, Secret);
        if (!SignedToken.TryOpen(token, Secret, out var opened) || !opened.AsSpan().SequenceEqual(payload))
            return Task.FromResult<string?>($"a good token is refused: {token}");
        try
        {
            var forged = Forge(random, token);
            return Task.FromResult(forged != token && SignedToken.TryOpen(forged, Secret, out _) ? $"a forged token is taken: {forged} for {token}" : null);
        }
        catch (Exception e)
        {
            return Task.FromResult<string?>($"{e.GetType().Name} ({e.Message}) for a forgery of {token}");
        }
    }

    /// <summary>Changed in one place, with other forms of the same bytes, or signed with another secret.</summary>
    private static string Forge(Random random, string token) => random.Next(6) switch
    {
        0 => token + "=",
        1 => token.Insert(random.Next(token.Length), " "),
        2 => SignedToken.Seal([1, 2, 3], new byte[32]),
        3 => token[..^1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[random.Next(64)],
        _ => Mutations.Text(random, token),
    };
}
