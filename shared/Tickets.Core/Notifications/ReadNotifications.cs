using System.Globalization;
using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Notifications;

/// <summary>Pages of a recipient's messages, oldest first within a shard, resumable by a signed cursor that skips none.</summary>
public sealed class ReadNotifications(ShardSet shards, SettingsCache settings, TimeProvider clock)
{
    public const int MaxPage = 1000;
    private const byte Format = (byte)'n';

    public async Task<Result<NotificationPage>> ReadAsync(string recipient, string? cursor, int limit, Caller caller, CancellationToken cancel)
    {
        var positions = cursor is null ? [] : Open(cursor, recipient);
        if (positions is null)
            return Problems.InvalidCursor("The cursor was not issued for this recipient.");
        var found = new List<Notification>();
        foreach (var shard in shards.All)
        {
            var position = positions.TryGetValue(shard.Name, out var known) ? known : (WrittenBy: 0UL, Id: 0L);
            foreach (var row in await ReadShardAsync(shard, recipient, position, limit - found.Count, cancel))
            {
                position = (row.WrittenBy, row.Id);
                if (settings.Current.QueuesById.TryGetValue(row.QueueId, out var queue) && caller.Reaches(queue.Name))
                    found.Add(row.ToWire(shard.Name, queue.Name));
            }

            positions[shard.Name] = position;
        }

        return new NotificationPage(found, Seal(positions, recipient));
    }

    /// <summary>Forgets messages older than this.</summary>
    public async Task<long> ForgetAsync(TimeSpan age, CancellationToken cancel)
    {
        var forgotten = 0L;
        foreach (var shard in shards.All)
        {
            await using var command = shard.Database.CreateCommand(
                "delete from notifications where notification_id in (select notification_id from (select notification_id, at from notifications order by notification_id limit 20000) oldest where at < $1)");
            command.Parameters.Add(Sql.Value(clock.GetUtcNow() - age));
            forgotten += await command.ExecuteNonQueryAsync(cancel);
        }

        return forgotten;
    }

    private static async Task<List<Row>> ReadShardAsync(Shard shard, string recipient, (ulong WrittenBy, long Id) after, int limit, CancellationToken cancel)
    {
        var rows = new List<Row>();
        if (limit <= 0)
            return rows;
        // Only what was written by transactions that are over, and all before them too: nothing can come in behind the cursor. The order is
        // that of the column; written_by alone would be the text that is selected, where 1000 comes before 999.
        await using var command = shard.Database.CreateCommand(
            """
            select written_by::text, notification_id, recipient, kind, ticket_id, queue_id, at, body from notifications
            where recipient = $1 and (written_by, notification_id) > ($2::text::xid8, $3) and written_by < pg_snapshot_xmin(pg_current_snapshot())
            order by notifications.written_by, notification_id limit $4
            """);
        command.Parameters.Add(Sql.Value(recipient));
        command.Parameters.Add(Sql.Value(after.WrittenBy.ToString(CultureInfo.InvariantCulture)));
        command.Parameters.Add(Sql.Value(after.Id));
        command.Parameters.Add(Sql.Value(limit));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new Row(
                ulong.Parse(reader.GetString(0), CultureInfo.InvariantCulture), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4), reader.GetInt32(5), reader.Time(6), reader.GetString(7)));
        }

        return rows;
    }

    private string Seal(Dictionary<string, (ulong WrittenBy, long Id)> positions, string recipient)
    {
        var texts = positions.ToDictionary(one => one.Key, one => string.Create(CultureInfo.InvariantCulture, $"{one.Value.WrittenBy}/{one.Value.Id}"), StringComparer.Ordinal);
        var payload = JsonSerializer.SerializeToUtf8Bytes(new NotificationCursor(recipient, texts), NotificationCursorJson.Default.NotificationCursor);
        return SignedToken.Seal([Format, .. payload], settings.Secrets.Cursors);
    }

    private Dictionary<string, (ulong WrittenBy, long Id)>? Open(string cursor, string recipient)
    {
        if (!SignedToken.TryOpen(cursor, settings.Secrets.Cursors, out var payload) || payload[0] != Format)
            return null;
        var read = JsonSerializer.Deserialize(payload.AsSpan(1), NotificationCursorJson.Default.NotificationCursor)!;
        return read.Recipient == recipient
            ? read.Positions.ToDictionary(one => one.Key, one => Position(one.Value), StringComparer.Ordinal)
            : null;
    }

    private static (ulong WrittenBy, long Id) Position(string text)
    {
        var parted = text.IndexOf('/', StringComparison.Ordinal);
        return (ulong.Parse(text.AsSpan(0, parted), CultureInfo.InvariantCulture), long.Parse(text.AsSpan(parted + 1), CultureInfo.InvariantCulture));
    }

    private sealed record Row(ulong WrittenBy, long Id, string Recipient, string Kind, long TicketId, int QueueId, DateTimeOffset At, string Body)
    {
        public Notification ToWire(string shard, string queue)
        {
            using var body = JsonDocument.Parse(Body);
            return new Notification(string.Create(CultureInfo.InvariantCulture, $"{shard}:{Id}"), Recipient, Kind, Platform.TicketId.Format(TicketId), queue, At, body.RootElement.Clone());
        }
    }
}

internal sealed record NotificationCursor(string Recipient, Dictionary<string, string> Positions);

[System.Text.Json.Serialization.JsonSerializable(typeof(NotificationCursor))]
internal sealed partial class NotificationCursorJson : System.Text.Json.Serialization.JsonSerializerContext;
