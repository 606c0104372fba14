using System.Text.Json.Nodes;

namespace Tickets.Cli;

/// <summary>Something about a definition.</summary>
/// <param name="Severity"><c>fault</c>: the server would refuse it. <c>warning</c>: it would not, but hardly anybody means it.</param>
/// <param name="Status">The status concerned, for drawing; null: the whole.</param>
internal sealed record Finding(string Severity, string Pointer, string Message, string? Status = null)
{
    public const string Fault = "fault";
    public const string Warning = "warning";
}

/// <summary>
/// Looks at a definition without a server. Its faults are those of the graph, the fields and the indexes that the server refuses too; a test holds the two
/// against each other. The server checks more, such as the spelling of names: what is clean here may still be refused there.
/// </summary>
internal static class WorkflowLint
{
    private const int SlotsOfAType = 5;

    public static IReadOnlyList<Finding> Look(WorkflowGraph graph) =>
        [.. Beginning(graph), .. Statuses(graph), .. Ends(graph), .. Fields(graph.Definition), .. Indexes(graph.Definition), .. Oddities(graph)];

    private static IEnumerable<Finding> Beginning(WorkflowGraph graph)
    {
        if (graph.Definition["workflow_id"] is null) yield return new(Finding.Fault, "/workflow_id", "The workflow has no id.");
        if (graph.Statuses.Count == 0) yield return new(Finding.Fault, "/statuses", "There are no statuses.");
        if (graph.Initial is null) yield return new(Finding.Fault, "/initial", "The initial status is required.");
        else if (!graph.Statuses.ContainsKey(graph.Initial)) yield return new(Finding.Fault, "/initial", $"There is no status '{graph.Initial}'.");
    }

    private static IEnumerable<Finding> Statuses(WorkflowGraph graph)
    {
        foreach (var status in graph.Statuses.Values)
        {
            var pointer = $"/statuses/{Escape(status.Name)}";
            foreach (var way in status.Ways)
            {
                var place = $"{pointer}/{way.Place}";
                if (!graph.Statuses.TryGetValue(way.To, out var target))
                    yield return new(Finding.Fault, place, $"There is no status '{way.To}'.", status.Name);
                else if (way.Rule is ['+', .. var resolution] && Resolutions(target) is { Count: > 0 } allowed && !allowed.Contains(resolution))
                    yield return new(Finding.Fault, place, $"Status '{way.To}' does not allow the resolution '{resolution}'.", status.Name);
                else if (way.Rule is "-" && IsTrue(target.Definition["resolution_required"]))
                    yield return new(Finding.Fault, place, $"Status '{way.To}' requires a resolution, so this way can never be taken.", status.Name);
            }

            foreach (var twice in status.Ways.Where(way => !way.IsTimeout).GroupBy(way => way.To + way.Rule, StringComparer.Ordinal).SelectMany(same => same.Skip(1)))
                yield return new(Finding.Fault, $"{pointer}/{twice.Place}", $"'{twice.To}{twice.Rule}' stands here twice.", status.Name);
            if (IsTrue(status.Definition["resolution_required"]) && Resolutions(status) is not { Count: > 0 })
                yield return new(Finding.Fault, $"{pointer}/resolution_required", "A resolution is required here, but none is listed in resolutions.", status.Name);
            if (status.Definition["on_timeout"] is not null && status.Definition["lifetime"] is null)
                yield return new(Finding.Fault, $"{pointer}/on_timeout", "on_timeout needs a lifetime.", status.Name);
        }
    }

    private static IEnumerable<Finding> Ends(WorkflowGraph graph)
    {
        // A timeout alone is no way to an end that a robot could take: the server counts the ways in `to` only.
        var ends = graph.Statuses.Values.Where(status => status.IsTerminal).Select(status => status.Name).ToHashSet(StringComparer.Ordinal);
        while (graph.Statuses.Values.Where(status => !ends.Contains(status.Name) && status.Ways.Any(way => !way.IsTimeout && ends.Contains(way.To))).ToList() is { Count: > 0 } more)
            ends.UnionWith(more.Select(status => status.Name));
        return graph.Statuses.Keys.Where(name => !ends.Contains(name)).Select(name => new Finding(Finding.Fault, "/statuses", $"No terminal status can be reached from '{name}'.", name));
    }

    private static IEnumerable<Finding> Fields(JsonObject definition)
    {
        var taken = new Dictionary<(string, int), string>();
        foreach (var (name, field) in definition["indexed_fields"] as JsonObject ?? [])
        {
            var (type, slot) = (WorkflowGraph.Text(field?["type"]) ?? "", int.TryParse(WorkflowGraph.Text(field?["slot"]), out var number) ? number : 0);
            var pointer = $"/indexed_fields/{Escape(name)}";
            if (type is not ("int64" or "string")) yield return new(Finding.Fault, $"{pointer}/type", "The type is int64 or string.");
            if (slot is < 1 or > SlotsOfAType) yield return new(Finding.Fault, $"{pointer}/slot", $"The slot is 1 to {SlotsOfAType}.");
            else if (!taken.TryAdd((type, slot), name)) yield return new(Finding.Fault, $"{pointer}/slot", $"Slot {slot} of type {type} is taken by '{taken[(type, slot)]}'.");
        }
    }

    private static IEnumerable<Finding> Indexes(JsonObject definition)
    {
        var fields = definition["indexed_fields"] as JsonObject ?? [];
        var number = 0;
        foreach (var index in definition["indexes"] as JsonArray ?? [])
        {
            foreach (var field in (index as JsonArray ?? []).Select(WorkflowGraph.Text).Where(field => field is not (null or "status") && !fields.ContainsKey(field)))
                yield return new(Finding.Fault, $"/indexes/{number}", $"There is no indexed field '{field}'.");
            number++;
        }
    }

    private static IEnumerable<Finding> Oddities(WorkflowGraph graph)
    {
        if (graph.Initial is { } initial && graph.Statuses.ContainsKey(initial))
        {
            var reached = graph.ReachedFrom(initial);
            foreach (var name in graph.Statuses.Keys.Where(name => !reached.Contains(name)))
                yield return new(Finding.Warning, $"/statuses/{Escape(name)}", $"Nothing leads from '{initial}' to '{name}'.", name);
        }

        foreach (var status in graph.Statuses.Values.Where(status => status.Definition["remind_every"] is not null && status.Definition["group"] is null))
            yield return new(Finding.Warning, $"/statuses/{Escape(status.Name)}/remind_every", "Without a group here, only tickets that have one of their own are reminded of.", status.Name);
        foreach (var status in graph.Statuses.Values.Where(status => status.Definition["lifetime"] is not null && status.Ways.Count == 0 && !status.IsTerminal))
            yield return new(Finding.Warning, $"/statuses/{Escape(status.Name)}/lifetime", "At the end of this lifetime a ticket can go nowhere.", status.Name);
    }

    private static List<string> Resolutions(GraphStatus status) => [.. (status.Definition["resolutions"] as JsonArray ?? []).Select(WorkflowGraph.Text).OfType<string>()];

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static bool IsTrue(JsonNode? value) => value?.GetValueKind() == System.Text.Json.JsonValueKind.True;
}
