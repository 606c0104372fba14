using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tickets.Functions.Hosting;

/// <summary>
/// Reads single values as hosts write them. The rule of current hosts: bytes as base64, times and objects plainly, all else as
/// a string that contains JSON (<c>"42"</c>, <c>"\"text\""</c>, <c>"null"</c>). Older ones and the documentation differ, so
/// plain values are taken as well.
/// </summary>
internal static class EnvelopeValue
{
    public static string? Text(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            return value.GetRawText();

        var text = value.GetString()!;
        if (text == "null")
            return null;
        return text is ['"', .., '"'] ? Unquoted(text) ?? text : text;
    }

    public static long? Integer(JsonElement value) =>
        long.TryParse(Text(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static bool? Boolean(JsonElement value) => bool.TryParse(Text(value), out var flag) ? flag : null;

    /// <summary>A time without an offset is UTC.</summary>
    public static DateTimeOffset? Time(JsonElement value) =>
        DateTimeOffset.TryParse(Text(value), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <summary>An object, also when it comes as a string that contains one; default when it is neither.</summary>
    public static JsonElement Object(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
            return value;
        if (value.ValueKind != JsonValueKind.String)
            return default;

        try
        {
            using var document = JsonDocument.Parse(value.GetString()!);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>A message's body: base64, or from a trigger that is not binary the quoted text, or JSON in place.</summary>
    public static ReadOnlyMemory<byte>? Bytes(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            return Encoding.UTF8.GetBytes(value.GetRawText());
        if (value.ValueKind != JsonValueKind.String)
            return null;
        if (value.TryGetBytesFromBase64(out var bytes))
            return bytes;
        return Text(value) is { } text ? Encoding.UTF8.GetBytes(text) : null;
    }

    private static string? Unquoted(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.GetString();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
