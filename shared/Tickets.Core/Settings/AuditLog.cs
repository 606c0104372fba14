using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;

namespace Tickets.Core.Settings;

/// <summary>Reads who changed which setting and when, newest first.</summary>
public sealed class AuditLog(NpgsqlDataSource settings)
{
    public const int MaxPage = 1000;

    /// <param name="target">Only changes of this workflow, queue or key; null: of all.</param>
    /// <param name="cursor">From the page before.</param>
    /// <returns>What is about queues that the caller reaches, all of them; 400 <c>invalid_cursor</c>.</returns>
    public async Task<Result<AuditPage>> ReadAsync(string? target, string? cursor, int limit, Caller caller, CancellationToken cancel)
    {
        var before = long.MaxValue;
        if (cursor is not null && !(long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out before) && before > 0))
            return Problems.InvalidCursor("It is not from a page of the audit log.");

        await using var command = settings.CreateCommand(
            """
            select audit_id, revision, at, actor, action, target, change from settings_audit
            where audit_id < $1 and ($2::text is null or target = $2) and prefixes_cover($3, reach)
            order by audit_id desc limit $4
            """);
        command.Parameters.Add(Sql.Value(before));
        command.Parameters.Add(new() { Value = (object?)target ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(Sql.Array([.. caller.QueuePrefixes]));
        command.Parameters.Add(Sql.Value(limit + 1));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var entries = new List<AuditEntry>();
        while (await reader.ReadAsync(cancel))
        {
            entries.Add(new AuditEntry(
                reader.GetInt64(0), reader.GetInt64(1), reader.Time(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                reader.TextOrNull(6) is { } json ? JsonElement.Parse(json) : null));
        }

        var more = entries.Count > limit;
        if (more)
            entries.RemoveAt(limit);
        return new AuditPage(entries, more ? entries[^1].AuditId.ToString(CultureInfo.InvariantCulture) : null);
    }
}
