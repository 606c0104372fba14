using System.Buffers.Text;
using FsCheck;
using FsCheck.Fluent;
using Tickets.Core.Platform;

namespace Tickets.Tests.Platform;

/// <summary>Nonces and cursors are signed tokens.</summary>
public class SignedTokenTests
{
    private static readonly byte[] Secret = [1, 2, 3];

    [Fact]
    public void A_payload_comes_back_from_its_token_and_from_no_other_secrets() =>
        Prop.ForAll<NonEmptyArray<byte>>(payload =>
        {
            var token = SignedToken.Seal(payload.Get, Secret);
            return SignedToken.TryOpen(token, Secret, out var opened) && opened.SequenceEqual(payload.Get) && !SignedToken.TryOpen(token, [9], out _);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_token_has_one_text_only()
    {
        // 18 bytes, 34 and 35: without padding, with two signs of it, with one.
        foreach (var length in new[] { 2, 18, 19 })
        {
            var token = SignedToken.Seal(new byte[length], Secret);
            Assert.True(SignedToken.TryOpen(token, Secret, out _));
            var last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".IndexOf(token[^1], StringComparison.Ordinal);
            var strayBits = $"{token[..^1]}{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last ^ 1]}";
            foreach (var other in new[] { $"{token}=", $"{token}==", $" {token}", $"{token}\n", $"{token[..3]} {token[3..]}", strayBits })
                Assert.False(SignedToken.TryOpen(other, Secret, out _), other);
        }
    }

    [Fact]
    public void A_token_with_any_bit_flipped_is_refused() =>
        Prop.ForAll<NonEmptyArray<byte>, NonNegativeInt>((payload, at) =>
        {
            var bytes = Base64Url.DecodeFromChars(SignedToken.Seal(payload.Get, Secret));
            bytes[at.Get % bytes.Length] ^= (byte)(1 << (at.Get % 8));
            return !SignedToken.TryOpen(Base64Url.EncodeToString(bytes), Secret, out _);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_opened_or_refused_and_never_throws() =>
        Prop.ForAll<string>(text => !SignedToken.TryOpen(text ?? "", Secret, out _)).QuickCheckThrowOnFailure();

    [Fact]
    public void A_last_character_with_bits_that_count_for_nothing_does_not_throw()
    {
        foreach (var length in new[] { 1, 2, 3, 33 })
        {
            var token = SignedToken.Seal(new byte[length], Secret);
            foreach (var c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_= \n")
            {
                if (SignedToken.TryOpen($"{token[..^1]}{c}", Secret, out var opened))
                    Assert.Equal(length, opened.Length);
            }
        }
    }
}
