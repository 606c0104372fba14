using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tickets.Core.Notifications;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>How messages about tickets read.</summary>
internal static class TicketNotifications
{
    /// <summary>What a bot is told of a ticket that has come to a status.</summary>
    public static string Message(LifecycleState state, string queue) => JsonSerializer.Serialize(new
    {
        ticket_id = TicketId.Format(state.TicketId),
        queue,
        status = state.Status,
        since = Rfc3339.Format(state.Since),
    });

    /// <summary>The wish for acceptance (number 0) and the reminders of one stay in a status.</summary>
    public static NewNotification ToGroup(long ticketId, long enteredVersion, int number, string group, QueueSettings queue, DateTimeOffset at, string status) =>
        Of(KeyToGroup(ticketId, enteredVersion, number), group, number == 0 ? "acceptance_wanted" : "reminder", ticketId, queue, at, status, number);

    public static string KeyToGroup(long ticketId, long enteredVersion, int number) => string.Create(CultureInfo.InvariantCulture, $"{ticketId}/{enteredVersion}/{number}");

    /// <param name="number">Of a reminder.</param>
    /// <param name="errorTicket">The ticket that was made about this one.</param>
    public static NewNotification Of(string key, string recipient, string kind, long ticketId, QueueSettings queue, DateTimeOffset at, string status, int? number = null, long? errorTicket = null)
    {
        var body = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(body, JsonText.Options))
        {
            json.WriteStartObject();
            json.WriteString("ticket_id", TicketId.Format(ticketId));
            json.WriteString("queue", queue.Name);
            json.WriteString("status", status);
            if (number is { } reminder)
                json.WriteNumber("number", reminder);
            if (errorTicket is { } made)
                json.WriteString("error_ticket_id", TicketId.Format(made));
            json.WriteEndObject();
        }

        return new NewNotification(key, recipient, kind, ticketId, queue.QueueId, at, Encoding.UTF8.GetString(body.WrittenSpan));
    }
}
