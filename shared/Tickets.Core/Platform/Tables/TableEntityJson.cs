using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Azure;

namespace Tickets.Core.Platform.Tables;

/// <summary>
/// Rows in the table service's JSON. Types that JSON lacks travel as strings with an <c>name@odata.type</c> member beside them;
/// answers are asked for with <c>odata=minimalmetadata</c>, which sends those members back.
/// </summary>
internal static class TableEntityJson
{
    public const string ContentType = "application/json;odata=minimalmetadata";
    private const string TypeSuffix = "@odata.type";

    public static ReadOnlyMemory<byte> Write(TableEntity entity)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in entity)
            {
                if (value is not null && name != nameof(TableEntity.Timestamp))
                    WriteProperty(json, name, value);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    public static TableEntity Read(JsonElement json, ETag? etag)
    {
        var entity = new TableEntity();
        foreach (var member in json.EnumerateObject())
        {
            if (member.NameEquals("odata.etag"))
                entity.ETag = new ETag(member.Value.GetString()!);
            else if (!member.Name.StartsWith("odata.", StringComparison.Ordinal) && !member.Name.EndsWith(TypeSuffix, StringComparison.Ordinal))
                entity[member.Name] = ReadValue(json, member);
        }

        if (etag is { } known)
            entity.ETag = known;
        return entity;
    }

    private static void WriteProperty(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case string text: json.WriteString(name, text); break;
            case bool flag: json.WriteBoolean(name, flag); break;
            case int number: json.WriteNumber(name, number); break;
            // Typed, since a whole number would come back as an int32.
            case double number: WriteTyped(json, name, "Edm.Double", number.ToString("R", CultureInfo.InvariantCulture)); break;
            case long number: WriteTyped(json, name, "Edm.Int64", number.ToString(CultureInfo.InvariantCulture)); break;
            case Guid guid: WriteTyped(json, name, "Edm.Guid", guid.ToString()); break;
            case DateTimeOffset time: WriteTyped(json, name, "Edm.DateTime", TableFilter.Time(time)); break;
            case byte[] binary: WriteTyped(json, name, "Edm.Binary", Convert.ToBase64String(binary)); break;
            default: throw new NotSupportedException($"Property '{name}': tables hold no {value.GetType().Name}.");
        }
    }

    private static void WriteTyped(Utf8JsonWriter json, string name, string type, string value)
    {
        json.WriteString(name + TypeSuffix, type);
        json.WriteString(name, value);
    }

    private static object? ReadValue(JsonElement entity, JsonProperty member)
    {
        var type = entity.TryGetProperty(member.Name + TypeSuffix, out var declared) ? declared.GetString() : null;
        var value = member.Value;
        return type switch
        {
            "Edm.Int64" => long.Parse(value.GetString()!, CultureInfo.InvariantCulture),
            "Edm.Guid" => value.GetGuid(),
            "Edm.DateTime" => value.GetDateTimeOffset(),
            "Edm.Binary" => value.GetBytesFromBase64(),
            "Edm.Double" when value.ValueKind == JsonValueKind.String => double.Parse(value.GetString()!, CultureInfo.InvariantCulture),
            _ => value.ValueKind switch
            {
                // The service does not declare the type of its own timestamp.
                JsonValueKind.String when member.NameEquals(nameof(TableEntity.Timestamp)) => value.GetDateTimeOffset(),
                JsonValueKind.String => value.GetString(),
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Number when type is null && value.TryGetInt32(out var number) => number,
                JsonValueKind.Number => value.GetDouble(),
                _ => null,
            },
        };
    }
}
