using System.Text.Json;

namespace Tickets.Contracts;

/// <summary>A new API key.</summary>
public sealed record CreateKeyRequest
{
    /// <summary><c>reader</c>, <c>robot</c>, <c>import</c>, <c>operator</c> or <c>admin</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The queues that it reaches: each with all below it; an empty one reaches all.</summary>
    public required IReadOnlyList<string> QueuePrefixes { get; init; }
    public string? Description { get; init; }

    /// <summary>Never when left out.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
    public int? RequestsPerMinute { get; init; }
    public long? RequestsPerDay { get; init; }
}

/// <param name="Overlap">How long the old key goes on working beside the new one; ISO 8601 duration, P1D when left out, P30D at most.</param>
public sealed record RotateKeyRequest(string? Overlap = null);

/// <summary>An API key as it stands.</summary>
public sealed record Key
{
    public required string KeyId { get; init; }

    /// <summary>What the key's text begins with: <c>tk_ID_</c>.</summary>
    public required string Prefix { get; init; }

    /// <summary>The whole text, told once: when the key is made.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("key")]
    public string? Text { get; init; }
    public required string Role { get; init; }
    public required IReadOnlyList<string> QueuePrefixes { get; init; }

    /// <summary><c>active</c>, <c>expired</c> or <c>revoked</c>.</summary>
    public required string Status { get; init; }
    public string? Description { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it: a key's id, <c>token:SUBJECT</c> or <c>system</c>.</summary>
    public string? CreatedBy { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The key that it was rotated to.</summary>
    public string? ReplacedBy { get; init; }
    public int? RequestsPerMinute { get; init; }
    public long? RequestsPerDay { get; init; }
}

/// <summary>In the order of their ids.</summary>
public sealed record KeyList(IReadOnlyList<Key> Keys, string? NextCursor);

/// <summary>Who a request comes from, as the server sees it.</summary>
/// <param name="Caller">A key's id, or <c>token:SUBJECT</c>.</param>
/// <param name="ExpiresAt">When the key or token ends by itself.</param>
public sealed record CallerInfo(string Caller, string Role, IReadOnlyList<string> QueuePrefixes, DateTimeOffset? ExpiresAt, int? RequestsPerMinute, long? RequestsPerDay);

/// <summary>One change of the settings.</summary>
/// <param name="Revision">The revision that it made; also that of the setting afterwards.</param>
/// <param name="Actor">A key's id, <c>token:SUBJECT</c>, <c>operation:ID</c> or <c>system</c>.</param>
/// <param name="Action"><c>workflow.put</c>, <c>queue.put</c>, <c>queue.move</c>, <c>key.create</c>, <c>key.rotate</c> or <c>key.revoke</c>.</param>
/// <param name="Target">The workflow's, queue's or key's name or id.</param>
/// <param name="Change">The setting as it stood afterwards.</param>
public sealed record AuditEntry(long AuditId, long Revision, DateTimeOffset At, string Actor, string Action, string Target, JsonElement? Change);

/// <summary>Newest first.</summary>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, string? NextCursor);
