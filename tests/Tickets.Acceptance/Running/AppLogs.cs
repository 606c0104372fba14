using Tickets.Local;

namespace Tickets.Acceptance.Running;

/// <summary>What apps of the stacks that run now have logged: their folders are gone when a test's failure is read.</summary>
internal static class AppLogs
{
    private const int LinesEach = 3;

    /// <summary>The lines with a trace id, each with those that follow it.</summary>
    public static string Of(string traceId) => string.Join('\n', Directory.EnumerateFiles(Repository.PathTo(".local"), "app*.log", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 })
        .SelectMany(file => Around(File.ReadAllLines(file), traceId)));

    private static IEnumerable<string> Around(string[] lines, string traceId) =>
        lines.SelectMany((line, at) => line.Contains(traceId, StringComparison.Ordinal) ? lines.Skip(at).Take(LinesEach) : []);
}
