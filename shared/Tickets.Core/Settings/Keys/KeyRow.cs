using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;

namespace Tickets.Core.Settings;

/// <summary>A key as the database has it, without its hash.</summary>
internal sealed record KeyRow(
    string KeyId, Role Role, IReadOnlyList<string> QueuePrefixes, string? Description, DateTimeOffset CreatedAt, string? CreatedBy, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, string? ReplacedBy, RequestLimits? Limits)
{
    public const string Columns = "key_id, role, queue_prefixes, description, created_at, created_by, expires_at, revoked_at, replaced_by, requests_per_minute, requests_per_day";

    public static KeyRow Read(NpgsqlDataReader reader) => new(
        reader.GetString(0), RoleNames.Parse(reader.GetString(1))!.Value, reader.GetFieldValue<string[]>(2), reader.TextOrNull(3), reader.Time(4), reader.TextOrNull(5),
        reader.TimeOrNull(6), reader.TimeOrNull(7), reader.TextOrNull(8), RequestLimits.Of(reader.IsDBNull(9) ? null : reader.GetInt32(9), reader.NumberOrNull(10)));

    public bool IsActive(DateTimeOffset now) => RevokedAt is null && !(ExpiresAt <= now);

    /// <param name="text">The key's text, where it is told.</param>
    public Key ToKey(DateTimeOffset now, string? text = null) => new()
    {
        KeyId = KeyId,
        Prefix = $"{ApiKey.Prefix}{KeyId}_",
        Text = text,
        Role = Role.Text(),
        QueuePrefixes = QueuePrefixes,
        Status = RevokedAt is not null ? "revoked" : IsActive(now) ? "active" : "expired",
        Description = Description,
        CreatedAt = CreatedAt,
        CreatedBy = CreatedBy,
        ExpiresAt = ExpiresAt,
        RevokedAt = RevokedAt,
        ReplacedBy = ReplacedBy,
        RequestsPerMinute = Limits?.PerMinute,
        RequestsPerDay = Limits?.PerDay,
    };
}
