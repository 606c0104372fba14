using System.Text;

namespace Tickets.Cli;

/// <summary>A workflow for the terminal: each status with its ways, the normal one first.</summary>
internal static class GraphText
{
    public static string Draw(WorkflowGraph graph, IReadOnlyList<Finding> findings)
    {
        var text = new StringBuilder();
        text.Append(graph.Name).Append('\n');
        foreach (var status in graph.Statuses.Values)
        {
            text.Append('\n').Append(status.IsTerminal ? "■ " : status.Name == graph.Initial ? "● " : "○ ").Append(status.Name);
            if (Remarks(status) is { Length: > 0 } remarks) text.Append("   ").Append(remarks);
            text.Append('\n');
            for (var i = 0; i < status.Ways.Count; i++)
                Way(text, graph, status.Ways[i], isLast: i == status.Ways.Count - 1);
            foreach (var finding in findings.Where(finding => finding.Status == status.Name))
                text.Append("  ✗ ").Append(finding.Severity).Append(": ").Append(finding.Message).Append('\n');
        }

        var others = findings.Where(finding => finding.Status is null).ToList();
        if (others.Count > 0) text.Append('\n');
        foreach (var finding in others) text.Append("✗ ").Append(finding.Severity).Append(' ').Append(finding.Pointer).Append(": ").Append(finding.Message).Append('\n');
        return text.Append("\n● initial  ○ open  ■ terminal  ══▶ normal next  ──▶ allowed  ··▶ at the end of the lifetime\n").ToString();
    }

    private static void Way(StringBuilder text, WorkflowGraph graph, Way way, bool isLast)
    {
        text.Append(isLast ? "  └" : "  ├").Append(way.IsTimeout ? "··▶ " : way.IsNormal ? "══▶ " : "──▶ ").Append(way.To);
        if (way.Rule.Length > 0) text.Append(way.Rule == "-" ? "  (clears the resolution)" : $"  (sets {way.Rule[1..]})");
        if (!graph.Statuses.ContainsKey(way.To)) text.Append("  ✗ not there");
        text.Append('\n');
    }

    private static string Remarks(GraphStatus status)
    {
        var remarks = new List<string>();
        foreach (var (member, words) in new[] { ("lifetime", "lives"), ("on_timeout", "then"), ("remind_every", "reminds every"), ("group", "group") })
        {
            if (WorkflowGraph.Text(status.Definition[member]) is { } value) remarks.Add($"{words} {value}");
        }

        if (status.Definition["resolutions"] is System.Text.Json.Nodes.JsonArray { Count: > 0 } resolutions)
            remarks.Add($"resolutions {string.Join(" | ", resolutions.Select(WorkflowGraph.Text))}");
        return string.Join(", ", remarks);
    }
}
