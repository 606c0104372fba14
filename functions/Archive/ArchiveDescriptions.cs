using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Archive;

internal static class ArchiveDescriptions
{
    public static FunctionDescription Run() => new("Operations", "Archive what is due now")
    {
        Details = "Of all queues, or of `queue`. For 45 seconds at most; what is left comes with the timer's next run. It is answered within 50 seconds: when another run was under way, its own may not be over by then and goes on. `complete` is false in both cases.",
        Body = new(BodyShapes.Default.NoMembersBody, "{}", Optional: true),
        Problems = [ProblemCodes.NotFound],
        Answers = [new(200, "What was done.", ArchiveJson.Default.ArchiveReport, """{"tickets": 12000, "kept": 0, "parts": 2, "days": 2, "bytes": 812000, "raw_bytes": 9120000, "busy": 0, "complete": true, "failures": [], "deleted": 0}""")],
    };
}
