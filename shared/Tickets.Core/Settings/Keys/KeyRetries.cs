using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using Tickets.Core.Access;
using Tickets.Core.Platform;

namespace Tickets.Core.Settings;

/// <summary>One request for a key that may be repeated: who asks, under which Idempotency-Key, for what.</summary>
internal sealed record KeyRetry(Caller Caller, string IdempotencyKey, string Action, JsonElement Body)
{
    /// <summary>What is asked; another request under the same Idempotency-Key is refused.</summary>
    public Guid RequestHash { get; } = ContentHash.Of(Body, scope: $"{Action}\n");
}

/// <summary>
/// Answers repeated requests for keys with the same key. The text that was told cannot be read from here without the Idempotency-Key of
/// the request: it is sealed under a secret made of that, of which only a keyed hash is stored.
/// </summary>
internal sealed class KeyRetries(KeyRetry retry, byte[] hashSecret)
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly byte[] _name = Encoding.UTF8.GetBytes($"{retry.Caller.KeyId}\n{retry.IdempotencyKey}");

    private byte[] Id => HMACSHA256.HashData(hashSecret, (byte[])[.. "retry\n"u8, .. _name]);
    private byte[] Secret => HKDF.DeriveKey(HashAlgorithmName.SHA256, _name, 32, salt: hashSecret, info: "key-retry"u8.ToArray());

    /// <returns>Null when it was not asked before; the id and the text of the key that was made; 422 <c>idempotency_key_reused</c>.</returns>
    public async Task<Result<(string KeyId, string Text)>?> FindAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select key_id, request_hash, sealed from api_key_retries where retry_id = $1 and expires_at > $2", connection);
        command.Parameters.Add(new() { Value = Id });
        command.Parameters.Add(Sql.Value(now));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            return null;
        return reader.GetGuid(1) == retry.RequestHash ? (reader.GetString(0), Open(reader.GetFieldValue<byte[]>(2))) : Problems.IdempotencyKeyReused();
    }

    public async Task WriteAsync(NpgsqlConnection connection, string keyId, string text, DateTimeOffset expiresAt, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into api_key_retries (retry_id, request_hash, key_id, sealed, expires_at) values ($1, $2, $3, $4, $5)
            on conflict (retry_id) do update set request_hash = excluded.request_hash, key_id = excluded.key_id, sealed = excluded.sealed, expires_at = excluded.expires_at
            """,
            connection);
        command.Parameters.Add(new() { Value = Id });
        command.Parameters.Add(new() { Value = retry.RequestHash });
        command.Parameters.Add(Sql.Value(keyId));
        command.Parameters.Add(new() { Value = Seal(text) });
        command.Parameters.Add(Sql.Value(expiresAt));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private byte[] Seal(string text)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var box = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(Secret, TagBytes);
        cipher.Encrypt(box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes));
        return box;
    }

    private string Open(byte[] box)
    {
        var plain = new byte[box.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(Secret, TagBytes);
        cipher.Decrypt(box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), plain);
        return Encoding.UTF8.GetString(plain);
    }
}
