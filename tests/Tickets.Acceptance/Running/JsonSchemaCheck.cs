using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tickets.Acceptance.Running;

/// <summary>As much of JSON Schema 2020-12 as the app's OpenAPI document uses. An object has no members but those that are described.</summary>
internal static class JsonSchemaCheck
{
    /// <param name="nullIsLeftOut">In requests a member that is null counts as not given.</param>
    /// <returns>The first fault, with its place; null when there is none.</returns>
    public static string? Fault(JsonNode schema, JsonNode? value, JsonObject document, bool nullIsLeftOut = false, string at = "")
    {
        if (schema is not JsonObject rules || rules.Count == 0)
            return null;
        if (rules["$ref"] is { } reference)
            return Fault(Resolve(reference.GetValue<string>(), document), value, document, nullIsLeftOut, at);
        if (rules["allOf"] is JsonArray all)
            return all.Select(part => Fault(part!, value, document, nullIsLeftOut, at)).FirstOrDefault(fault => fault is not null);
        if (rules["oneOf"] is JsonArray alternatives)
        {
            var faults = alternatives.Select(one => Fault(one!, value, document, nullIsLeftOut, at)).ToList();
            return faults.Count(fault => fault is null) == 1 ? null : $"{at}: {faults.Count(fault => fault is null)} of the alternatives fit: {string.Join("; ", faults)}";
        }

        if (rules["enum"] is JsonArray values && !values.Any(one => JsonNode.DeepEquals(one, value)))
            return $"{at}: {value?.ToJsonString()} is none of {values.ToJsonString()}";
        if (rules["const"] is { } constant && !JsonNode.DeepEquals(constant, value))
            return $"{at}: {value?.ToJsonString()} is not {constant.ToJsonString()}";
        if (rules["type"] is { } type && !Types(type).Contains(TypeOf(value), StringComparer.Ordinal) && !(TypeOf(value) == "integer" && Types(type).Contains("number", StringComparer.Ordinal)))
            return $"{at}: {TypeOf(value)} instead of {type.ToJsonString()}";
        if (value is not null && rules["format"]?.GetValue<string>() == "date-time" && !DateTimeOffset.TryParse(value.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
            return $"{at}: '{value}' is no time";
        if (BoundFault(rules, value) is { } bound)
            return $"{at}: {bound}";
        return value switch
        {
            JsonObject members => ObjectFault(rules, members, document, nullIsLeftOut, at),
            JsonArray items when rules["items"] is { } item => items.Select((one, i) => Fault(item, one, document, nullIsLeftOut, $"{at}/{i}")).FirstOrDefault(fault => fault is not null),
            _ => null,
        };
    }

    private static string? BoundFault(JsonObject rules, JsonNode? value) => value switch
    {
        JsonArray items when items.Count < (int?)rules["minItems"] || items.Count > (int?)rules["maxItems"] => $"{items.Count} items",
        JsonValue text when TypeOf(text) == "string" && text.GetValue<string>().Length > (int?)rules["maxLength"] => $"{text.GetValue<string>().Length} characters",
        JsonValue number when (rules["minimum"] ?? rules["maximum"]) is not null && TypeOf(number) is ("integer" or "number") && decimal.Parse(number.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture) is var amount
            && (amount < (long?)rules["minimum"] || amount > (long?)rules["maximum"]) => $"{amount} is out of bounds",
        _ => null,
    };

    private static string? ObjectFault(JsonObject rules, JsonObject members, JsonObject document, bool nullIsLeftOut, string at)
    {
        if (rules["required"] is JsonArray required && required.FirstOrDefault(name => !members.ContainsKey(name!.GetValue<string>())) is { } missing)
            return $"{at}: '{missing}' is missing";
        foreach (var (name, value) in members)
        {
            if (nullIsLeftOut && value is null)
                continue;
            var schema = rules["properties"]?[name] ?? (rules["additionalProperties"] is JsonObject others ? others : null);
            // Where members are described at all, those that are not described are strangers; a part of an allOf describes only its own.
            if (schema is null && rules["properties"] is not null && rules["type"] is not null)
                return $"{at}: the member '{name}' is not described";
            if (schema is not null && Fault(schema, value, document, nullIsLeftOut, $"{at}/{name}") is { } fault)
                return fault;
        }

        return null;
    }

    private static IEnumerable<string> Types(JsonNode type) => type is JsonArray several ? several.Select(one => one!.GetValue<string>()) : [type.GetValue<string>()];

    private static string TypeOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "object",
        JsonArray => "array",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            _ => value.ToJsonString().AsSpan().ContainsAny('.', 'e', 'E') ? "number" : "integer",
        },
    };

    private static JsonNode Resolve(string reference, JsonObject document) =>
        reference[2..].Split('/').Aggregate((JsonNode)document, (node, part) => node[part] ?? throw new InvalidOperationException($"The document has no {reference}."));
}
