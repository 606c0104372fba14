using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Orchestration;

internal static class OrchestrationDescriptions
{
    private const string Tag = "Orchestrations";
    private const string Summary = """{"hub": "hot-0", "instance_id": "ticket/1000001", "name": "TicketLifecycle", "status": "running", "created_at": "2026-01-31T08:30:00Z", "last_updated_at": "2026-01-31T08:30:01Z", "due_at": "2026-01-31T12:30:00Z"}""";

    public static FunctionDescription List() => new(Tag, "List orchestrations, or read one")
    {
        Details = "With `instance_id` one, with its history.",
        Answers = [new(200, "A page, or the orchestration.", TicketsJson.Default.OrchestrationList, $$"""{"orchestrations": [{{Summary}}]}""") { OrType = TicketsJson.Default.OrchestrationSummary }],
        Problems = [ProblemCodes.InvalidCursor, ProblemCodes.NotFound],
    };

    public static FunctionDescription Health() => new(Tag, "See the work that waits and who works on it")
    {
        Answers = [new(200, "By hub and by process.", TicketsJson.Default.OrchestrationHealth,
            """{"hubs": [{"hub": "hot-0", "unended": 120, "due": 0, "oldest_due_seconds": 0, "suspended": 0, "parked": 0, "failed_last_day": 0}], "workers": []}""")],
    };

    public static FunctionDescription Terminate() => Act("End an orchestration", "Also those that it started.");

    public static FunctionDescription Resume() => Act("Let a suspended or parked orchestration go on", null);

    public static FunctionDescription Rewind() => Act("Take a failed orchestration back to before its failure", null);

    private static FunctionDescription Act(string summary, string? details) => new(Tag, summary)
    {
        Details = details,
        Required = ["instance_id"],
        Answers = [new(200, "Whether it made a difference.", TicketsJson.Default.OrchestrationAnswer, """{"hub": "hot-0", "instance_id": "ticket/1000001", "done": true}""")],
        Problems = [ProblemCodes.NotFound, ProblemCodes.OrchestrationState],
    };
}
