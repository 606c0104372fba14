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
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            using var document = JsonDocument.ParseValue(ref reader);
            if (ImportMappingShape.Faults(document.RootElement) is { Count: > 0 } wrong) throw new ImportMappingException(wrong);
            mapping = JsonSerializer.Deserialize(json, ImportJson.Default.ImportMapping)!;
        }
        catch (JsonException e)
        {
            throw new ImportMappingException([$"The mapping is not JSON: see line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}."]);
        }
        var faults = ImportMappingRules.Faults(mapping);
        return faults.Count == 0 ? mapping : throw new ImportMappingException(faults);
    }

    /// <summary>For rows that are tickets as reads answer them, such as an export writes: status, group, time of creation, fields and blocks are taken over.</summary>
    /// <remarks>Ids, versions, resolutions, holders and parents are not: the tickets are new ones.</remarks>
    /// <param name="queue">The queue of the new tickets.</param>
    /// <param name="withTimes">Whether the times of creation are taken over, which needs the import permission.</param>
    public static ImportMapping OfTickets(string queue, bool withTimes = true) => new() { Queue = queue, TakesTickets = true, TakesTimes = withTimes };

    internal bool TakesTickets { get; private init; }

    internal bool TakesTimes { get; private init; }

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
