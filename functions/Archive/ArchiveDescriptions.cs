using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Archive;

internal static class ArchiveDescriptions
{
    public static FunctionDescription Run() => new("Operations", "Archive what is due now")
    {
        Details = "For 3 minutes at most; what is left comes with the timer's next run.",
        Answers = [new(200, "What was done.", ArchiveJson.Default.ArchiveReport, """{"tickets": 12000, "kept": 0, "parts": 2, "days": 2, "bytes": 812000, "raw_bytes": 9120000, "busy": 0, "complete": true, "failures": [], "deleted": 0}""")],
    };
}
