using System.Text.Json;

namespace Tickets.Client.Import;

/// <summary>Whether a mapping's JSON has the members and kinds of values that a mapping is made of; each fault says what would be right.</summary>
internal static class ImportMappingShape
{
    private const string Example = """{"queue": "incidents/birdstrikes", "indexed_meta": {"cost": {"column": "Cost", "type": "int64"}}, "meta": {"report": {"text": {"column": "Remarks"}}}}""";
    private const string ValueExample = """{"column": "Cost", "type": "int64"} or {"value": 12}""";

    private static readonly string[] Types = [.. Enum.GetNames<ImportType>().Select(name => name.ToLowerInvariant())];

    public static IReadOnlyList<string> Faults(JsonElement mapping)
    {
        if (mapping.ValueKind != JsonValueKind.Object)
            return [$"The mapping must be a JSON object such as {Example}."];
        var faults = new List<string>();
        if (!mapping.TryGetProperty("queue", out _))
            faults.Add($"queue is missing; a mapping is like {Example}.");
        foreach (var member in mapping.EnumerateObject())
        {
            faults.AddRange(member.Name switch
            {
                "queue" => member.Value.ValueKind == JsonValueKind.String ? [] : ["queue must be a text, such as \"incidents/birdstrikes\"."],
                "status" or "group" or "parent_id" or "created_at" => Value(member.Name, member.Value),
                "indexed_meta" => Members(member.Name, member.Value, $"an object of fields, each {ValueExample}", Value),
                "meta" => Members(member.Name, member.Value, "an object of blocks, each an object of members", (name, block) => Members(name, block, $"an object of members, each {ValueExample}", Value)),
                _ => [$"{member.Name} is no member of a mapping; those are queue, status, group, parent_id, created_at, indexed_meta and meta."],
            });
        }

        return faults;
    }

    private static IEnumerable<string> Members(string name, JsonElement value, string right, Func<string, JsonElement, IEnumerable<string>> faults) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => faults($"{name}.{member.Name}", member.Value)),
        JsonValueKind.Null => [],
        _ => [$"{name} must be {right}."],
    };

    private static IEnumerable<string> Value(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return [];
        return value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().SelectMany(member => ValueMember(name, member)) : [$"{name} must say where its value comes from: {ValueExample}."];
    }

    private static string[] ValueMember(string name, JsonProperty member) => (member.Name, member.Value.ValueKind) switch
    {
        ("column", JsonValueKind.String) or ("value", _) => [],
        ("column", _) => [$"{name}.column must be a column's name."],
        ("type", JsonValueKind.String) when Types.Contains(member.Value.GetString(), StringComparer.Ordinal) => [],
        ("type", _) => [$"{name}.type must be one of {string.Join(", ", Types)}."],
        ("formats", JsonValueKind.Array) when member.Value.EnumerateArray().All(format => format.ValueKind == JsonValueKind.String) => [],
        ("formats", _) => [$"{name}.formats must be a list of texts, such as [\"yyyy-MM-dd\"]."],
        _ => [$"{name} has \"{member.Name}\"; a value has column, type and formats, or value."],
    };
}
