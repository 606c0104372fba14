using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Notifications;

/// <summary>A message to be stored for a user or group.</summary>
/// <param name="Key">The same message has the same key; it is stored once.</param>
/// <param name="Body">JSON.</param>
internal sealed record NewNotification(string Key, string Recipient, string Kind, long TicketId, int QueueId, DateTimeOffset At, string Body);

internal static class NotificationStatements
{
    public static NpgsqlBatchCommand Add(IReadOnlyList<NewNotification> notifications) => Sql.Command(
        """
        insert into notifications (key, recipient, kind, ticket_id, queue_id, at, body)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::int[], $6::timestamptz[], $7::json[]) on conflict (key) do nothing
        """,
        Sql.Array(notifications.Select(one => (string?)one.Key).ToArray()),
        Sql.Array(notifications.Select(one => (string?)one.Recipient).ToArray()),
        Sql.Array(notifications.Select(one => (string?)one.Kind).ToArray()),
        Sql.Array(notifications.Select(one => one.TicketId).ToArray()),
        Sql.Array(notifications.Select(one => one.QueueId).ToArray()),
        Sql.Times(notifications.Select(one => one.At).ToArray()),
        Sql.Json(notifications.Select(one => (string?)one.Body).ToArray()));
}
