using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Settings;

/// <summary>
/// Administration of keys by callers. An administrator sees and makes keys that reach no further than its own; another key is to it
/// as one that does not exist. A changed key is in force here at once, in other processes with their next refresh.
/// </summary>
public sealed class ApiKeys
{
    public const int MaxPage = 1000;

    private readonly ApiKeyStore _store;
    private readonly SettingsDatabase _database;
    private readonly NpgsqlDataSource _settings;
    private readonly SettingsCache _cache;
    private readonly TicketsOptions _options;
    private readonly TimeProvider _clock;

    public ApiKeys(ApiKeyStore store, SettingsDatabase database, NpgsqlDataSource settings, SettingsCache cache, TicketsOptions options, TimeProvider clock) =>
        (_store, _database, _settings, _cache, _options, _clock) = (store, database, settings, cache, options, clock);

    /// <param name="prefix">The beginning of a key's id or of its text; empty: all.</param>
    /// <param name="cursor">The last id of the page before.</param>
    public async Task<Result<KeyList>> ListAsync(string prefix, string? cursor, int limit, Caller caller, CancellationToken cancel)
    {
        var id = prefix.StartsWith(ApiKey.Prefix, StringComparison.Ordinal) ? prefix[ApiKey.Prefix.Length..].Split('_')[0] : prefix;
        var found = await _store.ListAsync(id, cursor ?? "", limit + 1, caller.QueuePrefixes, cancel);
        var now = Rfc3339.Truncate(_clock.GetUtcNow());
        var page = found.Take(limit).Select(key => key.ToKey(now)).ToList();
        return new KeyList(page, found.Count > limit ? page[^1].KeyId : null);
    }

    public async Task<Result<Key>> FindAsync(string keyId, Caller caller, CancellationToken cancel) =>
        await _store.FindAsync(keyId, cancel) is { } key && caller.ReachesAllOf(key.QueuePrefixes) ? key.ToKey(_clock.GetUtcNow()) : Problems.KeyNotFound(keyId);

    /// <param name="idempotencyKey">A repeated request under it is answered with the same key, text included, for as long as nonces live.</param>
    /// <returns>The key, this once with its text; 403 when it would reach further than its maker.</returns>
    public async Task<Result<Key>> CreateAsync(JsonElement body, string? idempotencyKey, Caller caller, CancellationToken cancel)
    {
        var read = KeyRequestReader.ReadNew(body, _clock.GetUtcNow());
        if (read.IsProblem)
            return read.Problem;
        var wanted = read.Value;
        if (wanted.QueuePrefixes.FirstOrDefault(prefix => !caller.Reaches(prefix)) is { } beyond)
            return Problems.Forbidden($"This key does not reach '{beyond}', so it makes no keys that do.");
        return await MakeAsync(
            caller,
            idempotencyKey is null ? null : new KeyRetry(caller, idempotencyKey, "create", body),
            _ => Task.FromResult<Result<NewKey>>(wanted),
            "key.create",
            cancel);
    }

    /// <summary>Makes a key like this one to take its place; the old one goes on for the overlap.</summary>
    /// <returns>The new key, this once with its text; 409 <c>key_not_active</c> when the old one has ended or was rotated before.</returns>
    public async Task<Result<Key>> RotateAsync(string keyId, JsonElement body, string? idempotencyKey, Caller caller, CancellationToken cancel)
    {
        var overlap = KeyRequestReader.ReadOverlap(body);
        if (overlap.IsProblem)
            return overlap.Problem;
        KeyRow? old = null;
        return await MakeAsync(
            caller,
            idempotencyKey is null ? null : new KeyRetry(caller, idempotencyKey, $"rotate {keyId}", body),
            async change =>
            {
                old = await ApiKeyStore.FindAsync(change.Connection, keyId, cancel);
                if (old is null || !caller.ReachesAllOf(old.QueuePrefixes))
                    return Problems.KeyNotFound(keyId);
                if (!old.IsActive(change.At) || old.ReplacedBy is not null)
                    return Problems.Conflict(ProblemCodes.KeyNotActive, "The key is not active", old.ReplacedBy is null ? $"Key '{keyId}' has ended." : $"Key '{keyId}' was rotated to '{old.ReplacedBy}'.");
                // A key that was made for some time makes one for as long.
                return new NewKey(old.Role, old.QueuePrefixes, old.Description, change.At + (old.ExpiresAt - old.CreatedAt), old.Limits);
            },
            "key.rotate",
            cancel,
            (change, made) => ApiKeyStore.UpdateAsync(change, old! with { ReplacedBy = made, ExpiresAt = Earlier(old.ExpiresAt, change.At + overlap.Value) }, "key.rotate", cancel));
    }

    /// <summary>Ends a key now. Repeating it is harmless.</summary>
    /// <returns>404 <c>key_not_found</c>; 409 <c>last_admin_key</c> for the last that administers all queues.</returns>
    public async Task<Result<Key>> RevokeAsync(string keyId, Caller caller, CancellationToken cancel)
    {
        var revoked = await _database.ChangeAsync<Key>(
            caller.KeyId,
            _clock.GetUtcNow(),
            async change =>
            {
                if (await ApiKeyStore.FindAsync(change.Connection, keyId, cancel) is not { } key || !caller.ReachesAllOf(key.QueuePrefixes))
                    return Problems.KeyNotFound(keyId);
                if (key.RevokedAt is not null)
                    return key.ToKey(change.At);
                if (await ApiKeyStore.IsLastAdminAsync(change, keyId, cancel))
                    return Problems.Conflict(ProblemCodes.LastAdminKey, "Nobody would be left to administer", $"Key '{keyId}' is the last that administers all queues: make another first.");
                var ended = key with { RevokedAt = change.At };
                await ApiKeyStore.UpdateAsync(change, ended, "key.revoke", cancel);
                return ended.ToKey(change.At);
            },
            cancel);
        await _cache.RefreshAsync(cancel);
        return revoked;
    }

    /// <summary>Forgets the answers to requests that nobody repeats any more.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancel)
    {
        await using var command = _settings.CreateCommand("delete from api_key_retries where expires_at < $1");
        command.Parameters.Add(Sql.Value(_clock.GetUtcNow()));
        return await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Under the lock of all changes of settings, so that of two requests with one Idempotency-Key the later finds what the earlier made.</summary>
    private async Task<Result<Key>> MakeAsync(
        Caller caller, KeyRetry? retry, Func<SettingsChange, Task<Result<NewKey>>> wanted, string action, CancellationToken cancel, Func<SettingsChange, string, Task>? then = null)
    {
        var hashSecret = _cache.Secrets.ApiKeys;
        var retries = retry is null ? null : new KeyRetries(retry, hashSecret);
        var made = await _database.ChangeAsync<Key>(
            caller.KeyId,
            _clock.GetUtcNow(),
            async change =>
            {
                if (retries is not null && await retries.FindAsync(change.Connection, change.At, cancel) is { } before)
                    return before.IsProblem ? before.Problem : (await ApiKeyStore.FindAsync(change.Connection, before.Value.KeyId, cancel))!.ToKey(change.At, before.Value.Text);

                var allowed = await wanted(change);
                if (allowed.IsProblem)
                    return allowed.Problem;
                var (keyId, secret, text) = ApiKey.Make();
                var like = allowed.Value;
                var key = new KeyRow(keyId, like.Role, like.QueuePrefixes, like.Description, change.At, caller.KeyId, like.ExpiresAt, null, null, like.Limits);
                await ApiKeyStore.InsertAsync(change, key, ApiKey.Hash(secret, hashSecret), action, cancel);
                if (then is not null)
                    await then(change, keyId);
                if (retries is not null)
                    await retries.WriteAsync(change.Connection, keyId, text, change.At + _options.NonceLifetime, cancel);
                return key.ToKey(change.At, text);
            },
            cancel);
        await _cache.RefreshAsync(cancel);
        return made;
    }

    private static DateTimeOffset Earlier(DateTimeOffset? one, DateTimeOffset other) => one < other ? one.Value : other;
}
