using System.Text.Json.Serialization.Metadata;
using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Operations;

internal static class OperationDescriptions
{
    private const string Tag = "Operations";
    private const string NotStarted = """{"id": "op_019ab2c3d4e57f60a1b2c3d4e5f60718", "kind": "scan", "status": "not_started", "queue": "incidents/birdstrikes", "created_at": "2026-01-31T08:30:00Z"}""";
    private const string Running = """{"id": "op_019ab2c3d4e57f60a1b2c3d4e5f60718", "kind": "scan", "status": "running", "queue": "incidents/birdstrikes", "progress": {"done": 3, "total": 31, "unit": "days"}, "created_at": "2026-01-31T08:30:00Z"}""";

    public static FunctionDescription Scan() => Start(
        "Search the cold tier", "Goes through every ticket of the days; the result is NDJSON.", TicketsJson.Default.StartScanRequest,
        """{"query": {"queue": "incidents/birdstrikes", "status": "closed"}, "from": "2026-01-01", "to": "2026-01-31", "projection": ["ticket_id", "meta.report"]}""", ProblemCodes.QueueNotFound, ProblemCodes.InvalidTicketId);

    public static FunctionDescription Erase() => Start(
        "Erase tickets everywhere", "From the hot tier, the parts, the change log's diffs and the results of scans. At most 1000 ids.", BodyShapes.Default.EraseBody,
        """{"queue": "incidents/birdstrikes", "ticket_ids": ["1000001"]}""", ProblemCodes.QueueNotFound, ProblemCodes.InvalidTicketId);

    public static FunctionDescription RebuildIndex() => Start(
        "Make a queue's cold index again from its parts", null, BodyShapes.Default.QueueNameBody, """{"queue": "incidents/birdstrikes"}""", ProblemCodes.QueueNotFound);

    public static FunctionDescription Restore() => Start(
        "Bring a ticket back to the hot tier", null, BodyShapes.Default.QueueNameBody, """{"queue": "incidents/birdstrikes"}""",
        ProblemCodes.QueueNotFound, ProblemCodes.InvalidTicketId, ProblemCodes.TicketNotFound, ProblemCodes.TicketHot, ProblemCodes.TicketOffline, ProblemCodes.TicketMoving, ProblemCodes.QueueMoving, ProblemCodes.ColdPartDamaged);

    public static FunctionDescription MoveQueue() => Start(
        "Move a queue to other shards", "It is served all the while; more than one shard splits it by ticket id.", BodyShapes.Default.MoveQueueBody,
        """{"queue": "incidents/birdstrikes", "shards": ["hot-1"]}""", ProblemCodes.QueueNotFound, ProblemCodes.QueueAlreadyMoving);

    public static FunctionDescription List() => new(Tag, "List operations")
    {
        Details = "Newest first, of the queues that the caller reaches. A page may be empty and yet not the last.",
        Answers = [new(200, "A page.", TicketsJson.Default.OperationList, $$"""{"operations": [{{Running}}]}""")],
        Problems = [ProblemCodes.InvalidCursor],
    };

    public static FunctionDescription Get() => new(Tag, "Ask how an operation stands")
    {
        Answers = [new(200, "The operation.", TicketsJson.Default.Operation, Running, "Retry-After")],
        Problems = [ProblemCodes.OperationNotFound],
    };

    public static FunctionDescription Result() => new(Tag, "Fetch an operation's result")
    {
        Answers = [new(200, "A ticket a line.", null, """{"ticket_id": "1000001"}""") { ContentType = "application/x-ndjson" }],
        Problems = [ProblemCodes.OperationNotFound, ProblemCodes.OperationNotFinished, ProblemCodes.NotFound],
    };

    public static FunctionDescription Cancel() => new(Tag, "End an operation at its next step")
    {
        Details = "What it has done stays done, unless its kind gives up; one that has ended stays as it is.",
        Answers = [new(200, "The operation as it stands.", TicketsJson.Default.Operation, Running.Replace("running", "canceled", StringComparison.Ordinal))],
        Problems = [ProblemCodes.OperationNotFound],
    };

    private static FunctionDescription Start(string summary, string? details, JsonTypeInfo body, string example, params string[] problems) => new(Tag, summary)
    {
        Details = details,
        Body = new(body, example),
        Answers = [new(202, "Taken on; ask at `Operation-Location`.", TicketsJson.Default.Operation, NotStarted, "Operation-Location", "Retry-After")],
        Problems = [ProblemCodes.TooManyRequests, .. problems],
    };
}
