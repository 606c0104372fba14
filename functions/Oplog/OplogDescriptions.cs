using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Oplog;

internal static class OplogDescriptions
{
    private const string Op = """{"shard": "hot-0", "opid": 991, "at": "2026-01-31T08:30:00.123456Z", "ticket_id": "1000001", "queue": "incidents/birdstrikes", "kind": "updated", "version": 5, "diff": {"set": {"status": "closed", "resolution": "fixed"}, "unset": []}}""";

    private const string CloudEvent = $$"""{"specversion": "1.0", "id": "hot-0:991", "source": "/tickets/hot-0", "type": "tickets.updated", "subject": "1000001", "time": "2026-01-31T08:30:00.123456Z", "datacontenttype": "application/json", "data": {{Op}}}""";

    public static FunctionDescription Read() => new("Change log", "Read the change log")
    {
        Details = "Within a shard ops come in commit order with dense numbers, none skipped and none repeated. With `wait` the answer comes when there is something new, or then. As `application/cloudevents-batch+json` the cursor stands in `x-next-cursor`.",
        Headers = ["Accept", "Accept-Encoding"],
        Answers = [new(200, "A page, which may be empty.", TicketsJson.Default.OplogPage, $$"""{"ops": [{{Op}}], "next_cursor": "bzEA…", "polling_delay_ms": 1000}""", "Vary", "Content-Encoding", "x-next-cursor", "x-polling-delay-ms") { OtherForm = ("application/cloudevents-batch+json", $"[{CloudEvent}]") }],
        Problems = [ProblemCodes.InvalidCursor, ProblemCodes.QueueNotFound, ProblemCodes.NotFound, ProblemCodes.CursorExpired],
    };

    public static FunctionDescription Skip() => new("Change log", "Let the relay pass an op that Service Bus refuses")
    {
        Details = "The change log tells of it with an op of kind `skipped`. What was skipped before is answered as it was then.",
        Body = new(BodyShapes.Default.SkipOpBody, """{"reason": "larger than the namespace takes"}"""),
        Answers = [new(200, "Skipped.", TicketsJson.Default.SkippedOp, """{"shard": "hot-0", "opid": 991, "reason": "larger than the namespace takes", "skipped_by": "4f1c09a2be77", "at": "2026-01-31T08:30:00Z"}""")],
        Problems = [ProblemCodes.NotFound, ProblemCodes.OpNotRefused],
    };

    public static FunctionDescription ReadOne() => new("Change log", "Read one op")
    {
        Headers = ["Accept-Encoding"],
        Answers = [new(200, "The op.", TicketsJson.Default.Op, Op, "Vary", "Content-Encoding")],
        Problems = [ProblemCodes.NotFound],
    };
}
