using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Overview;

internal static class OverviewDescriptions
{
    private const string Example = """
        {"at": "2026-01-31T08:30:00Z", "counted_to": 100000,
         "shards": [{"shard": "hot-0", "status": "ok", "writer_waiting": 0, "writer_room": 16384, "connections": 9, "connections_active": 1, "connections_max": 500, "last_opid": 991, "relay_behind": 0}],
         "queues": [{"queue": "incidents/birdstrikes", "shards": ["hot-0"], "statuses": {"closed": 120, "reported": 3}, "archive_due": 0}],
         "orchestrations": [{"hub": "hot-0", "unended": 3, "due": 0, "oldest_due_seconds": 0, "suspended": 0, "parked": 0, "failed_last_day": 0}],
         "cold_days": [{"day": "2026-01-02", "tickets": 812, "bytes": 91000, "parts": 1}], "faults": []}
        """;

    public static FunctionDescription Read() => new("Operations", "See how the whole system stands")
    {
        Details = "What the operations page shows. Readings are up to two seconds old.",
        Answers = [new(200, "The system.", TicketsJson.Default.SystemOverview, Example)],
    };

    public static FunctionDescription Page() => OpenApiDescriptions.Page() with { Summary = "The operations page" };

    public static FunctionDescription File() => OpenApiDescriptions.File() with { Summary = "A file of the operations page" };
}
