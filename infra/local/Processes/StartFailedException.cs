namespace Tickets.Local.Processes;

/// <summary>A server did not come up; the message ends with the last lines of its log.</summary>
internal sealed class StartFailedException(string name, string what, string logFile, string log)
    : LocalStackException($"{name} {what}.\n{Tail(log)}\nThe whole log: {logFile}")
{
    private const int TailLines = 30;

    public bool LogContains(string text) => log.Contains(text, StringComparison.OrdinalIgnoreCase);

    private static string Tail(string log) =>
        string.IsNullOrWhiteSpace(log)
            ? "It wrote nothing to its log."
            : string.Join('\n', log.TrimEnd().Split('\n').TakeLast(TailLines).Select(line => "  " + line));
}
