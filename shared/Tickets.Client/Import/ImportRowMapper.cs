using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Contracts;

namespace Tickets.Client.Import;

/// <summary>Makes a row the create request that the mapping says. Pure: the same row gives the same request, to the byte.</summary>
internal sealed class ImportRowMapper(ImportMapping mapping)
{
    private const int LongestIndexedString = 128;

    /// <returns>A request without a nonce, or every fault of the row in one sentence.</returns>
    public (CreateTicketRequest? Request, string? Fault) Map(ImportRow row)
    {
        if (row.Values is not { } values) return (null, row.Fault ?? "The row cannot be read.");
        if (LoneSurrogates.Stand(values)) return (null, $"{LoneSurrogates.Fault}.");
        if (mapping.TakesTickets) return TicketRow.Map(mapping, values);
        var faults = new List<string>();
        var request = new CreateTicketRequest
        {
            Queue = mapping.Queue,
            Status = Text("status", mapping.Status),
            Group = Text("group", mapping.Group),
            ParentId = Text("parent_id", mapping.ParentId),
            CreatedAt = Read("created_at", mapping.CreatedAt) is { } time ? ImportConversion.Moment(time.GetValue<string>(), null) : null,
            IndexedMeta = Indexed(),
            Meta = Blocks(),
        };
        return faults.Count == 0 ? (request, null) : (null, string.Join("; ", faults) + ".");

        string? Text(string name, ImportValue? source) => Read(name, source)?.GetValue<string>();

        Dictionary<string, IndexedValue>? Indexed()
        {
            var fields = new Dictionary<string, IndexedValue>();
            foreach (var (field, source) in mapping.IndexedMeta ?? new Dictionary<string, ImportValue>())
            {
                var name = $"indexed_meta.{field}";
                if (Read(name, source) is not { } value) continue;
                if (value.GetValueKind() == JsonValueKind.Number) fields[field] = value.GetValue<long>();
                else if (Encoding.UTF8.GetByteCount(value.GetValue<string>()) is var bytes and > LongestIndexedString)
                    faults.Add($"column '{source.Column}' has {bytes} bytes of UTF-8; {name} takes {LongestIndexedString}");
                else fields[field] = value.GetValue<string>();
            }
            return fields.Count == 0 ? null : fields;
        }

        Dictionary<string, JsonElement>? Blocks()
        {
            var blocks = new Dictionary<string, JsonElement>();
            foreach (var (block, members) in mapping.Meta ?? new Dictionary<string, IReadOnlyDictionary<string, ImportValue>>())
            {
                var data = new JsonObject();
                foreach (var (member, source) in members)
                {
                    if (Read($"meta.{block}.{member}", source) is { } value) data[member] = value;
                }
                if (data.Count > 0) blocks[block] = JsonElement.Parse(data.ToJsonString());
            }
            return blocks.Count == 0 ? null : blocks;
        }

        JsonNode? Read(string name, ImportValue? source)
        {
            if (source is null) return null;
            if (source.Column is not { } column) return Constant(source);
            var cell = values[column];
            try
            {
                return ImportConversion.Read(source, cell);
            }
            catch (FormatException e)
            {
                faults.Add($"column '{column}' is {Shown(cell!)}, which is not {e.Message} (for {name})");
                return null;
            }
        }
    }

    private static string Shown(JsonNode cell) => cell.GetValueKind() == JsonValueKind.String ? $"'{cell.GetValue<string>()}'" : cell.ToJsonString();

    private static JsonNode? Constant(ImportValue source) => source.Value is { } value ? JsonNode.Parse(value.GetRawText()) : null;
}
