using System.Text.Json;

namespace Tickets.Client.Import;

/// <summary>What a mapping must keep to before any row is read.</summary>
internal static class ImportMappingRules
{
    /// <summary>Every value of the mapping under the name that its faults are reported by, such as <c>indexed_meta.cost</c>.</summary>
    public static IEnumerable<KeyValuePair<string, ImportValue>> Values(ImportMapping mapping)
    {
        if (mapping.Status is { } status) yield return new("status", status);
        if (mapping.Group is { } group) yield return new("group", group);
        if (mapping.ParentId is { } parent) yield return new("parent_id", parent);
        if (mapping.CreatedAt is { } created) yield return new("created_at", created);
        foreach (var (field, value) in mapping.IndexedMeta ?? new Dictionary<string, ImportValue>())
            yield return new($"indexed_meta.{field}", value);
        foreach (var (block, members) in mapping.Meta ?? new Dictionary<string, IReadOnlyDictionary<string, ImportValue>>())
        {
            foreach (var (member, value) in members) yield return new($"meta.{block}.{member}", value);
        }
    }

    public static IReadOnlyList<string> Faults(ImportMapping mapping)
    {
        var faults = Values(mapping).SelectMany(v => Faults(v.Key, v.Value)).ToList();
        if (mapping.Queue.Length == 0) faults.Add("queue is empty; it must name the queue, such as incidents/birdstrikes.");
        return faults;
    }

    private static IEnumerable<string> Faults(string name, ImportValue value)
    {
        if (value.Column is null == value.Value is null)
            yield return $"{name} must have either \"column\" or \"value\".";
        if (value.Formats is not null && value.Type != ImportType.Time)
            yield return $"{name} has \"formats\", which only the type \"time\" takes.";
        if (name == "created_at" && value is { Column: not null, Type: not ImportType.Time })
            yield return "created_at must be of the type \"time\".";
        if (name == "created_at" && value.Value is { } constant && !(constant.ValueKind == JsonValueKind.String && constant.TryGetDateTimeOffset(out _)))
            yield return "created_at must be a time as in RFC 3339, such as \"1990-01-08T00:00:00Z\".";
        if (name is "status" or "group" or "parent_id" && (value.Type != ImportType.String || value.Value is { ValueKind: not JsonValueKind.String }))
            yield return $"{name} must be a string.";
        if (name.StartsWith("indexed_meta.", StringComparison.Ordinal) && !CanBeIndexed(value))
            yield return $"{name} must be of the type \"int64\" or \"string\": nothing else can be indexed.";
    }

    private static bool CanBeIndexed(ImportValue value) => value.Value is { } constant
        ? constant.ValueKind == JsonValueKind.String || (constant.ValueKind == JsonValueKind.Number && constant.TryGetInt64(out _))
        : value.Type is ImportType.Int64 or ImportType.String;
}
