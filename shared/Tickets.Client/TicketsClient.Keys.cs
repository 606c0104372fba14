using System.Runtime.CompilerServices;
using Tickets.Contracts;

namespace Tickets.Client;

public sealed partial class TicketsClient
{
    /// <summary>Who this client is to the server, and what it may do there.</summary>
    public Task<CallerInfo> GetCallerAsync(CancellationToken cancel = default) => AskAsync(Get("/caller"), TicketsJson.Default.CallerInfo, cancel);

    /// <summary>Every API key, in the order of their ids; none with its text.</summary>
    /// <param name="prefix">Only keys that reach this queue prefix; null: all.</param>
    /// <param name="cancel">Stops.</param>
    public async IAsyncEnumerable<Key> ListKeysAsync(string? prefix = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        string? cursor = null;
        do
        {
            var page = await AskAsync(Get(Route.To("/keys", ("prefix", prefix), ("cursor", cursor))), TicketsJson.Default.KeyList, cancel);
            foreach (var key in page.Keys) yield return key;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    /// <exception cref="TicketsProblemException">404 when there is none of this id.</exception>
    public Task<Key> GetKeyAsync(string keyId, CancellationToken cancel = default) => AskAsync(Get(KeyRoute(keyId)), TicketsJson.Default.Key, cancel);

    /// <summary>Makes an API key. The answer is the only one that has <see cref="Key.Text"/>.</summary>
    /// <param name="request">What it is to be.</param>
    /// <param name="idempotencyKey">Makes repetitions safe: a lost answer is given again, text and all. One is made when null.</param>
    /// <param name="cancel">Stops waiting.</param>
    public Task<Key> CreateKeyAsync(CreateKeyRequest request, string? idempotencyKey = null, CancellationToken cancel = default) =>
        AskAsync(Post("/keys", request, TicketsJson.Default.CreateKeyRequest) with { IdempotencyKey = idempotencyKey ?? Guid.NewGuid().ToString("N") }, TicketsJson.Default.Key, cancel);

    /// <summary>Makes a key like another one, which ends when the overlap is over.</summary>
    /// <param name="keyId">The key to replace.</param>
    /// <param name="overlap">ISO 8601 duration; a day when null.</param>
    /// <param name="idempotencyKey">As in <see cref="CreateKeyAsync"/>.</param>
    /// <param name="cancel">Stops waiting.</param>
    public Task<Key> RotateKeyAsync(string keyId, string? overlap = null, string? idempotencyKey = null, CancellationToken cancel = default)
    {
        var rotate = Post(KeyRoute(keyId, "/rotate"), new RotateKeyRequest(overlap), TicketsJson.Default.RotateKeyRequest);
        return AskAsync(rotate with { IdempotencyKey = idempotencyKey ?? Guid.NewGuid().ToString("N") }, TicketsJson.Default.Key, cancel);
    }

    /// <summary>Ends a key within seconds, in every process.</summary>
    public Task<Key> RevokeKeyAsync(string keyId, CancellationToken cancel = default) =>
        AskAsync(new TicketsRequest(HttpMethod.Delete, KeyRoute(keyId)) { SafeToRepeat = true }, TicketsJson.Default.Key, cancel);

    /// <summary>Every change of the settings, newest first.</summary>
    /// <param name="target">Only those of this workflow, queue or key.</param>
    /// <param name="cancel">Stops.</param>
    public async IAsyncEnumerable<AuditEntry> ReadAuditAsync(string? target = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        string? cursor = null;
        do
        {
            var page = await AskAsync(Get(Route.To("/settings/audit", ("target", target), ("cursor", cursor))), TicketsJson.Default.AuditPage, cancel);
            foreach (var entry in page.Entries) yield return entry;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private static string KeyRoute(string keyId, string rest = "") => "/keys/" + Uri.EscapeDataString(keyId) + rest;
}
