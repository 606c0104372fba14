using System.Text.Json;

namespace Tickets.Core.Search;

/// <summary>Reads PostgreSQL's <c>explain (analyze, format json)</c>: rows that the scans read against rows that came out.</summary>
internal static class ExplainedRows
{
    public static (long Read, long Returned) Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var plan = document.RootElement[0].GetProperty("Plan");
        return (RowsRead(plan), Rows(plan, "Actual Rows"));
    }

    private static long RowsRead(JsonElement node)
    {
        if (!node.TryGetProperty("Plans", out var children))
            return Rows(node, "Actual Rows") + Rows(node, "Rows Removed by Filter") + Rows(node, "Rows Removed by Index Recheck");
        var removed = Rows(node, "Rows Removed by Filter") + Rows(node, "Rows Removed by Index Recheck");
        return removed + children.EnumerateArray().Sum(RowsRead);
    }

    // Since version 18 PostgreSQL gives averages over loops, with decimals.
    private static long Rows(JsonElement node, string member) =>
        node.TryGetProperty(member, out var rows) ? (long)Math.Round(rows.GetDouble() * (node.TryGetProperty("Actual Loops", out var loops) ? loops.GetDouble() : 1)) : 0;
}
