using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Tickets.Contracts;

namespace Tickets.Functions.OpenApi;

/// <summary>The JSON schemas of wire records, one component a record.</summary>
internal sealed class Schemas
{
    private readonly JsonSchemaExporterOptions _exporting;
    private bool _closed;

    public Schemas() => _exporting = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform };

    /// <summary>By name, sorted.</summary>
    public SortedDictionary<string, JsonNode> Components { get; } = new(StringComparer.Ordinal);

    /// <param name="ofRequest">Records that only requests have: other members than theirs are refused.</param>
    /// <returns>A reference to the component.</returns>
    public JsonNode Of(JsonTypeInfo type, bool ofRequest)
    {
        _closed = ofRequest;
        var schema = JsonSchemaExporter.GetJsonSchemaAsNode(type.Options, type.Type, _exporting);
        return schema is JsonObject { Count: 1 } && schema["$ref"] is not null ? schema : Kept(type.Type, (JsonObject)schema);
    }

    private JsonNode Transform(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (type == typeof(JsonElement))
            return Member(context, new JsonObject());
        if (type == typeof(DateTimeOffset))
            return Member(context, new JsonObject { ["type"] = Nullable.GetUnderlyingType(context.TypeInfo.Type) is null ? "string" : new JsonArray("string", "null"), ["format"] = "date-time" });
        if (type == typeof(IndexedValue))
            return Member(context, new JsonObject { ["type"] = new JsonArray("integer", "string"), ["maxLength"] = 128 });
        if (schema is not JsonObject described)
            return schema;

        // Members that are null are left out, but for those of tickets, where null is told.
        if (described["required"] is JsonArray required)
        {
            var always = context.TypeInfo.Properties.Where(member => !member.IsGetNullable && Nullable.GetUnderlyingType(member.PropertyType) is null).Select(member => member.Name).ToHashSet(StringComparer.Ordinal);
            described["required"] = new JsonArray([.. required.Select(name => name!.GetValue<string>()).Where(always.Contains).Select(name => (JsonNode)name)]);
        }

        if (described.TryGetPropertyValue("default", out var otherwise) && otherwise is null)
            described.Remove("default");
        if (context.TypeInfo.Kind != JsonTypeInfoKind.Object || described["properties"] is null)
            return Member(context, described);
        described["type"] = "object";
        return Member(context, Kept(type, described));
    }

    /// <summary>Of a member: what it means, its values and bounds, and no null where none comes.</summary>
    private static JsonObject Member(JsonSchemaExporterContext context, JsonObject schema)
    {
        if (context.PropertyInfo is not { } member)
            return schema;
        var record = member.DeclaringType;
        if (schema["type"] is JsonArray types && !MemberRules.MayBeNull(record, member.Name))
        {
            var kept = types.Select(type => type!.GetValue<string>()).Where(type => type != "null").ToArray();
            schema["type"] = kept.Length == 1 ? kept[0] : new JsonArray([.. kept.Select(type => (JsonNode)type)]);
        }

        // Nothing on the wire counts below zero, but for the values of fields.
        if (schema["type"]?.ToString() == "integer")
            schema["minimum"] = 0;
        foreach (var (keyword, value) in MemberRules.Of(record, member.Name) ?? [])
            schema[keyword] = value?.DeepClone();
        if (MemberWords.Of(record, member) is { } words)
            schema["description"] = words;
        return schema;
    }

    private JsonObject Kept(Type type, JsonObject schema)
    {
        if (!Components.ContainsKey(type.Name))
        {
            if (_closed)
                schema["additionalProperties"] = false;
            if (MemberWords.Of(type) is { } words)
                schema["description"] = words;
            Components.Add(type.Name, schema.DeepClone());
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{type.Name}" };
    }
}
