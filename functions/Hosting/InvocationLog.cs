namespace Tickets.Functions.Hosting;

/// <summary>What a run reports about itself in a few lines. The host files them under the invocation; run alone they go to the app's log.</summary>
internal sealed class InvocationLog
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public void Add(string line) => _lines.Add(line);
}
