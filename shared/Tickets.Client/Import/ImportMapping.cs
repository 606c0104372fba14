using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Client.Import;

/// <summary>Which ticket a row becomes. Written as a JSON file; comments are allowed there.</summary>
/// <example>
/// <code>
/// {
///   "queue": "incidents/birdstrikes",
///   "created_at": { "column": "Flight Date", "type": "time", "formats": ["yyyy-MM-dd"] },
///   "indexed_meta": { "cost": { "column": "Cost Total $", "type": "int64" } },
///   "meta": { "flight": { "airport": { "column": "Airport Name" }, "source": { "value": "faa" } } }
/// }
/// </code>
/// </example>
public sealed record ImportMapping
{
    /// <summary>The queue of every ticket.</summary>
    public required string Queue { get; init; }
    public ImportValue? Status { get; init; }
    public ImportValue? Group { get; init; }
    public ImportValue? ParentId { get; init; }

    /// <summary>Of type <c>time</c>; needs the import permission.</summary>
    public ImportValue? CreatedAt { get; init; }

    /// <summary>Indexed field → its value, of type <c>int64</c> or <c>string</c>.</summary>
    public IReadOnlyDictionary<string, ImportValue>? IndexedMeta { get; init; }

    /// <summary>Meta block → its members. A block with no value at all is left out.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, ImportValue>>? Meta { get; init; }

    /// <exception cref="ImportMappingException">It is not JSON, has unknown members, or says something that cannot work; all faults are named.</exception>
    public static ImportMapping Parse(ReadOnlySpan<byte> json)
    {
        ImportMapping mapping;
        try
        {
            mapping = JsonSerializer.Deserialize(json, ImportJson.Default.ImportMapping) ?? throw new ImportMappingException(["The mapping is null."]);
        }
        catch (JsonException e)
        {
            throw new ImportMappingException([e.Message]);
        }
        var faults = ImportMappingRules.Faults(mapping);
        return faults.Count == 0 ? mapping : throw new ImportMappingException(faults);
    }

    /// <summary>Checks that a source with these columns has all that the mapping asks for.</summary>
    /// <exception cref="ImportMappingException">It names columns that are not there.</exception>
    public void CheckColumns(IReadOnlyList<string> columns)
    {
        var missing = ImportMappingRules.Values(this).Where(v => v.Value.Column is { } column && !columns.Contains(column)).ToList();
        if (missing.Count == 0) return;
        var has = string.Join(", ", columns.Select(c => $"'{c}'"));
        throw new ImportMappingException([.. missing.Select(v => $"{v.Key} names the column '{v.Value.Column}', which the file does not have."), $"The file has {has}."]);
    }
}

/// <summary>A mapping that cannot be used.</summary>
public sealed class ImportMappingException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    /// <summary>Each a sentence that names the mapping's member.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(ImportMapping))]
internal sealed partial class ImportJson : JsonSerializerContext;
