using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Contracts;

/// <summary>Times of every wire record: RFC 3339, written in UTC with microseconds and <c>Z</c>; any offset is read.</summary>
internal sealed class WireTime : JsonConverter<DateTimeOffset>
{
    private const int Length = 27;

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) ? time : throw new JsonException("A time is written as RFC 3339 says.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[Length];
        value.UtcDateTime.TryFormat(text, out var written, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..written]);
    }
}
