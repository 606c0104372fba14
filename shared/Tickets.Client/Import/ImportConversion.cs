using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tickets.Client.Import;

/// <summary>Reads one cell as the type that the mapping gives it.</summary>
internal static class ImportConversion
{
    /// <returns>Null for an empty cell.</returns>
    /// <exception cref="FormatException">The cell is not of the type; the message says what it is not.</exception>
    public static JsonNode? Read(ImportValue source, JsonNode? cell)
    {
        if (cell is null) return null;
        var text = cell.GetValueKind() == JsonValueKind.String ? cell.GetValue<string>().Trim() : null;
        if (text is "") return null;
        return source.Type switch
        {
            ImportType.String => text ?? (cell is JsonValue ? cell.ToJsonString() : throw new FormatException("a string")),
            ImportType.Int64 => Int64(text ?? cell.ToJsonString()),
            ImportType.Number => Number(text ?? cell.ToJsonString()),
            ImportType.Boolean => Boolean(text ?? cell.ToJsonString()),
            ImportType.Time => Time(text ?? cell.ToJsonString(), source.Formats),
            ImportType.Json => text is null ? cell.DeepClone() : Parse(text),
            _ => throw new InvalidOperationException($"Unknown type {source.Type}."),
        };
    }

    public static DateTimeOffset Moment(string text, IReadOnlyList<string>? formats)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (formats is null)
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out var any) ? any : throw new FormatException("a time as in RFC 3339");
        foreach (var format in formats)
        {
            if (format is "unix" or "unix_ms" && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                return Unix(format, number);
            if (DateTimeOffset.TryParseExact(text, format, CultureInfo.InvariantCulture, Utc, out var exact)) return exact;
        }
        throw new FormatException($"a time in the format {string.Join(" or ", formats)}");
    }

    private static DateTimeOffset Unix(string format, long number)
    {
        try
        {
            return format == "unix" ? DateTimeOffset.FromUnixTimeSeconds(number) : DateTimeOffset.FromUnixTimeMilliseconds(number);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new FormatException("a time of this age", e);
        }
    }

    private static JsonNode Int64(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException("an int64");

    private static JsonNode Number(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException("a number");

    private static JsonNode Boolean(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "y" or "1" => true,
        "false" or "no" or "n" or "0" => false,
        _ => throw new FormatException("true or false"),
    };

    private static JsonNode Time(string text, IReadOnlyList<string>? formats) =>
        Moment(text, formats).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static JsonNode? Parse(string text)
    {
        try
        {
            var json = JsonNode.Parse(text);
            return LoneSurrogates.Stand(json) ? throw new FormatException($"JSON: {LoneSurrogates.Fault}") : json;
        }
        catch (JsonException e)
        {
            throw new FormatException("JSON", e);
        }
    }
}
