using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Ticketing;

internal static class TicketDescriptions
{
    private const string Tag = "Tickets";
    private const string Updated = """{"ticket_id": "1000001", "version": {"ticket": 5, "meta": {"report": 12}}, "op": {"shard": "hot-0", "opid": 991}}""";
    private const string Ticket = """
        {"ticket_id": "1000001", "queue": "incidents/birdstrikes", "status": "triaged", "group": "dispatch", "version": 4, "created_at": "2026-01-31T08:30:00.123456Z", "updated_at": "2026-01-31T09:00:00.5Z",
         "indexed_meta": {"cost": 1200, "state": "TX"}, "meta": {"report": {"version": 11, "data": {"any": "json"}}}, "tier": "hot"}
        """;

    private static readonly string[] Writing =
        [ProblemCodes.TooManyRequests, ProblemCodes.Overloaded, ProblemCodes.OutcomeUnknown, ProblemCodes.TicketMoving, ProblemCodes.QueueMoving, ProblemCodes.ColdPartDamaged];

    public static FunctionDescription TakeNonces() => new(Tag, "Take nonces")
    {
        Details = "A nonce makes creating a ticket safe to repeat: it is signed, expires (24 h unless configured), and carries the ticket's future number.",
        Body = new(TicketsJson.Default.NoncesRequest, """{"count": 3}""", Optional: true),
        Answers = [new(200, "The nonces.", TicketsJson.Default.NoncesResponse, """{"nonces": ["bjEAAAAAAA9CQQ…"]}""")],
        Problems = [ProblemCodes.Overloaded],
    };

    public static FunctionDescription Create() => new(Tag, "Create a ticket")
    {
        Details = "The same nonce with the same content gets the same answer again, wherever the ticket has gone meanwhile. Without a nonce the server takes a number, and a repeated request makes a second ticket.",
        Body = new(TicketsJson.Default.CreateTicketRequest, """{"queue": "incidents/birdstrikes", "nonce": "bjEAAAAAAA9CQQ…", "group": "dispatch", "meta": {"report": {"any": "json"}}, "indexed_meta": {"cost": 1200, "state": "TX"}}"""),
        Answers = [new(200, "Created, now or by the first of these requests.", TicketsJson.Default.CreateTicketResponse, """{"ticket_id": "1000001", "queue": "incidents/birdstrikes", "version": {"ticket": 1, "meta": {"report": 1}}}""")],
        Problems = [ProblemCodes.QueueNotFound, ProblemCodes.InvalidTicketId, ProblemCodes.InvalidNonce, ProblemCodes.TransitionNotAllowed, .. Writing],
    };

    public static FunctionDescription Bulk() => new(Tag, "Create and update up to 1000 tickets")
    {
        Details = "Each item succeeds or fails alone; the results stand in the order of the items, with a status each and, where it failed, the members of a problem.",
        Body = new(TicketsJson.Default.BulkRequest, """{"items": [{"create": {"queue": "incidents/birdstrikes"}}, {"update": {"ticket_id": "1000001", "set": {"status": "closed", "resolution": "fixed"}}}]}"""),
        Answers = [new(200, "A result for each item.", TicketsJson.Default.BulkResponse, """{"results": [{"status": 200, "ticket_id": "1000002", "queue": "incidents/birdstrikes", "version": {"ticket": 1, "meta": {}}}, {"status": 404, "code": "ticket_not_found", "title": "No such ticket"}]}""")],
        Problems = [.. Writing],
    };

    public static FunctionDescription Get() => new(Tag, "Read a ticket")
    {
        Details = "From the hot tier, else from the cold one. Without `queue` every queue that the caller reaches is tried.",
        Answers = [new(200, "The ticket.", TicketsJson.Default.Ticket, Ticket, "ETag", "x-storage-requests")],
        Problems = [ProblemCodes.InvalidTicketId, ProblemCodes.QueueNotFound, ProblemCodes.InvalidField, ProblemCodes.TicketNotFound, ProblemCodes.TicketOffline, ProblemCodes.TicketMoving, ProblemCodes.QueueMoving, ProblemCodes.ColdPartDamaged],
    };

    public static FunctionDescription Update() => new(Tag, "Change a ticket under conditions")
    {
        Details = """
            All or nothing. Keys of `expected`: `ticket.version`, `ticket.status`, `ticket.resolution`, `meta.BLOCK` (`{"version": n}` or `{"exists": bool}`). Keys of `set`: `status`, `resolution`, `queue`, `group`, `meta.BLOCK`, `indexed_meta.FIELD`.
            `unset` takes `resolution`, `group`, `meta.BLOCK`, `indexed_meta.FIELD`. `If-Match` is the condition on the ticket's version in HTTP's words, and answers 412. Setting another `queue` moves the ticket.
            """,
        Body = new(TicketsJson.Default.UpdateTicketRequest, """{"expected": {"ticket.version": 4, "meta.report": {"version": 11}}, "set": {"status": "closed", "resolution": "fixed", "meta.report": {"any": "json"}}, "unset": ["indexed_meta.state"]}"""),
        Headers = ["If-Match", "Idempotency-Key"],
        Answers = [new(200, "Changed; without `op` there was nothing to change.", TicketsJson.Default.UpdateTicketResponse, Updated)],
        Problems =
        [
            ProblemCodes.InvalidTicketId, ProblemCodes.QueueNotFound, ProblemCodes.TicketNotFound, ProblemCodes.UnmetConditions, ProblemCodes.TransitionNotAllowed, ProblemCodes.TicketArchived,
            ProblemCodes.IdempotencyKeyReused, .. Writing,
        ],
    };

    public static FunctionDescription Accept() => new(Tag, "Accept a ticket for somebody")
    {
        Details = "Ends the reminders to the ticket's group. Repeating it for the same is harmless.",
        Body = new(TicketsJson.Default.AcceptTicketRequest, """{"queue": "incidents/birdstrikes", "by": "anna"}"""),
        Answers = [new(200, "Accepted; without `op` it was already, by the same.", TicketsJson.Default.UpdateTicketResponse, Updated)],
        Problems = [ProblemCodes.InvalidTicketId, ProblemCodes.QueueNotFound, ProblemCodes.TicketNotFound, ProblemCodes.AlreadyAccepted, ProblemCodes.TicketArchived, .. Writing],
    };
}
