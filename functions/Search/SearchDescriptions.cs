using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Search;

internal static class SearchDescriptions
{
    public static FunctionDescription Find() => new("Search", "Find tickets by equality")
    {
        Details = "In the hot tier, in the order of their ids. A search that no index serves answers with a `warning`, is counted, and is limited in rate.",
        Body = new(TicketsJson.Default.FindTicketsRequest, """{"query": {"queue": "incidents/birdstrikes", "resolution_status": "noresolution", "indexed_meta": {"state": "TX"}}, "projection": ["ticket_id", "status"], "limit": 100}"""),
        Answers = [new(200, "A page.", TicketsJson.Default.FindTicketsResponse, """{"tickets": [{"ticket_id": "1000001", "status": "triaged"}], "next_cursor": "ZgAA…"}""")],
        Problems = [ProblemCodes.QueueNotFound, ProblemCodes.InvalidCursor, ProblemCodes.InvalidTicketId, ProblemCodes.QueueMoving],
    };

    public static FunctionDescription IndexUsage() => new("Search", "See how well a queue's indexes serve its searches")
    {
        Required = ["queue"],
        Answers = [new(200, "Searches by the fields they give, and indexes by their use.", TicketsJson.Default.QueueIndexUsage,
            """{"queue": "incidents/birdstrikes", "searches": [{"fields": ["state"], "served": true, "searches": 812, "rows_returned": 4020, "mean_ms": 1.2, "rows_read_per_row_returned": 1, "last_at": "2026-01-31T08:30:00Z"}], "indexes": [{"name": "tickets_7_state", "shard": "hot-0", "columns": ["s1"], "scans": 812, "size_bytes": 8192}]}""")],
        Problems = [ProblemCodes.NotFound],
    };
}
