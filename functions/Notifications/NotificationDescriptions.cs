using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Notifications;

internal static class NotificationDescriptions
{
    public static FunctionDescription Read() => new("Notifications", "Read messages to a user or group")
    {
        Details = "Oldest first, of the queues that the caller reaches; `next_cursor` always comes, to go on with later.",
        Required = ["recipient"],
        Answers = [new(200, "A page, which may be empty.", TicketsJson.Default.NotificationPage,
            """{"notifications": [{"notification_id": "hot-0/17", "recipient": "dispatch", "kind": "acceptance_wanted", "ticket_id": "1000001", "queue": "incidents/birdstrikes", "at": "2026-01-31T08:30:00Z", "body": {}}], "next_cursor": "bjEA…"}""")],
        Problems = [ProblemCodes.InvalidCursor],
    };

    public static FunctionDescription Sweep() => new("Orchestrations", "Look for tickets whose orchestration is missing")
    {
        Answers = [new(200, "What was found and mended.", TicketsJson.Default.SweepReport, """{"repaired": 0, "adopted": 0, "told": 0, "overdue": 0, "parked": 0}""")],
    };
}
