using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tickets.Cli;

/// <param name="Rule">What the way demands: <c>+fixed</c> sets that resolution, <c>-</c> clears it, empty neither.</param>
/// <param name="Place">In the definition of the status, as in a JSON pointer: <c>to/1</c> or <c>on_timeout</c>.</param>
/// <param name="IsNormal">The first way, which a bot takes.</param>
/// <param name="IsTimeout">Taken at the end of the lifetime.</param>
internal sealed record Way(string From, string To, string Rule, string Place, bool IsNormal, bool IsTimeout);

internal sealed record GraphStatus(string Name, bool IsTerminal, IReadOnlyList<Way> Ways, JsonObject Definition);

/// <summary>A workflow's definition as a graph, however faulty it is: what can be drawn of it and what cannot be right.</summary>
internal sealed class WorkflowGraph
{
    private const string OnTimeout = "on_timeout";

    private WorkflowGraph(string name, string? initial, IReadOnlyDictionary<string, GraphStatus> statuses, JsonObject definition) =>
        (Name, Initial, Statuses, Definition) = (name, initial, statuses, definition);

    public string Name { get; }
    public string? Initial { get; }

    /// <summary>In the order of the definition.</summary>
    public IReadOnlyDictionary<string, GraphStatus> Statuses { get; }
    public JsonObject Definition { get; }

    public IEnumerable<Way> Ways => Statuses.Values.SelectMany(status => status.Ways);

    /// <summary>Named by a way and not there.</summary>
    public IEnumerable<string> Missing => Ways.Select(way => way.To).Where(name => !Statuses.ContainsKey(name)).Distinct(StringComparer.Ordinal);

    /// <exception cref="UsageException">It has no statuses in either notation.</exception>
    public static WorkflowGraph Of(JsonObject definition)
    {
        var codes = (definition["codes"] as JsonObject)?.ToDictionary(code => code.Key, code => code.Value?.ToString() ?? code.Key, StringComparer.Ordinal) ?? [];
        string Name(string code) => codes.GetValueOrDefault(code, code);
        var statuses = definition["statuses"] switch
        {
            JsonArray rows => Compact(rows, Name),
            JsonObject members => members.ToDictionary(member => member.Key, member => Status(member.Key, member.Value as JsonObject ?? []), StringComparer.Ordinal),
            _ => throw new UsageException("The definition has no \"statuses\": an object of statuses, or the compact form [[1,2],[2,3]]."),
        };
        var initial = Text(definition["initial"]);
        if (definition["statuses"] is JsonArray) initial = initial is null ? statuses.Keys.FirstOrDefault() : Name(initial);
        return new WorkflowGraph(Text(definition["workflow_id"]) ?? "(no workflow_id)", initial, statuses, definition);
    }

    /// <summary>The names that can be reached from <paramref name="start"/>, itself among them.</summary>
    public HashSet<string> ReachedFrom(string start)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal) { start };
        var open = new Queue<string>([start]);
        while (open.TryDequeue(out var name))
        {
            foreach (var way in Statuses.GetValueOrDefault(name)?.Ways ?? [])
            {
                if (reached.Add(way.To)) open.Enqueue(way.To);
            }
        }

        return reached;
    }

    private static GraphStatus Status(string name, JsonObject definition)
    {
        var ways = new List<Way>();
        foreach (var (number, to) in (definition["to"] as JsonArray ?? []).Select(Text).Index().Where(way => way.Item is not null))
            ways.Add(Parse(name, to!, $"to/{number}", isNormal: ways.Count == 0, isTimeout: false));
        if (Text(definition["on_timeout"]) is { } late && ways.TrueForAll(way => way.To != Parse(name, late, OnTimeout, false, true).To))
            ways.Add(Parse(name, late, OnTimeout, isNormal: false, isTimeout: true));
        return new GraphStatus(name, definition["terminal"]?.GetValueKind() == JsonValueKind.True, ways, definition);
    }

    /// <summary><c>closed+fixed</c> must set, <c>open-</c> must clear.</summary>
    private static Way Parse(string from, string text, string place, bool isNormal, bool isTimeout)
    {
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        if (plus >= 0) return new Way(from, text[..plus], text[plus..], place, isNormal, isTimeout);
        return text.EndsWith('-') ? new Way(from, text[..^1], "-", place, isNormal, isTimeout) : new Way(from, text, "", place, isNormal, isTimeout);
    }

    private static Dictionary<string, GraphStatus> Compact(JsonArray rows, Func<string, string> name)
    {
        var statuses = new Dictionary<string, GraphStatus>(StringComparer.Ordinal);
        foreach (var row in rows.OfType<JsonArray>())
        {
            var states = row.Select(Text).OfType<string>().Select(name).ToList();
            if (states.Count == 0) continue;
            var ways = states.Skip(1).Select((to, number) => new Way(states[0], to, "", $"to/{number}", number == 0, IsTimeout: false)).ToList();
            statuses[states[0]] = new GraphStatus(states[0], ways.Count == 0, ways, []);
        }

        foreach (var end in statuses.Values.SelectMany(status => status.Ways).Select(way => way.To).ToList())
            statuses.TryAdd(end, new GraphStatus(end, IsTerminal: true, [], []));
        return statuses;
    }

    internal static string? Text(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>(),
        JsonValueKind.Number => value.ToJsonString(),
        _ => null,
    };
}
