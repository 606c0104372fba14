namespace Tickets.Cli;

/// <summary>Where a status is drawn: columns by distance from the initial one, rows so that neighbours are level.</summary>
internal sealed record Place(string Name, int Column, double Row);

internal static class GraphLayout
{
    private const int Sweeps = 4;

    public static IReadOnlyDictionary<string, Place> Of(WorkflowGraph graph)
    {
        var columns = Columns(graph);
        var rows = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var column in columns.GroupBy(pair => pair.Value))
        {
            var row = 0;
            foreach (var (name, _) in column) rows[name] = row++;
        }

        // Each column in the order of the mean row of its neighbours: fewer ways cross.
        for (var sweep = 0; sweep < Sweeps; sweep++)
        {
            foreach (var column in columns.GroupBy(pair => pair.Value).OrderBy(column => column.Key))
            {
                var ordered = column.Select(pair => pair.Key).OrderBy(name => Mean(graph, rows, name)).ToList();
                for (var row = 0; row < ordered.Count; row++) rows[ordered[row]] = row;
            }
        }

        var tallest = columns.GroupBy(pair => pair.Value).Max(column => column.Count());
        return columns.ToDictionary(pair => pair.Key, pair => new Place(pair.Key, pair.Value, rows[pair.Key] + (tallest - columns.Count(other => other.Value == pair.Value)) / 2.0), StringComparer.Ordinal);
    }

    private static Dictionary<string, int> Columns(WorkflowGraph graph)
    {
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        var starts = new[] { graph.Initial }.OfType<string>().Where(graph.Statuses.ContainsKey).Concat(graph.Statuses.Keys);
        foreach (var start in starts)
        {
            if (!columns.TryAdd(start, 0)) continue;
            var open = new Queue<string>([start]);
            while (open.TryDequeue(out var name))
            {
                foreach (var way in graph.Statuses.GetValueOrDefault(name)?.Ways ?? [])
                {
                    if (columns.TryAdd(way.To, columns[name] + 1)) open.Enqueue(way.To);
                }
            }
        }

        // Terminal statuses stand at the far end, where the eye looks for them.
        var last = columns.Where(column => graph.Statuses.GetValueOrDefault(column.Key)?.IsTerminal != true).Select(column => column.Value).DefaultIfEmpty(0).Max() + 1;
        foreach (var status in graph.Statuses.Values.Where(status => status.IsTerminal && status.Name != graph.Initial)) columns[status.Name] = last;
        return columns;
    }

    private static double Mean(WorkflowGraph graph, Dictionary<string, double> rows, string name)
    {
        var neighbours = graph.Ways.Where(way => way.From == name || way.To == name).Select(way => rows.GetValueOrDefault(way.From == name ? way.To : way.From)).ToList();
        return neighbours.Count == 0 ? rows[name] : neighbours.Average();
    }
}
