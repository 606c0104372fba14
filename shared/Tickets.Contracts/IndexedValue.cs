using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Contracts;

/// <summary>The value of an indexed field: an int64 or a string of at most 128 bytes of UTF-8.</summary>
[JsonConverter(typeof(IndexedValueConverter))]
public readonly record struct IndexedValue
{
    private IndexedValue(long number, string? text) => (Number, Text) = (number, text);

    /// <summary>The number; meaningful when <see cref="Text"/> is null.</summary>
    public long Number { get; }
    public string? Text { get; }
    public bool IsText => Text is not null;

    public static implicit operator IndexedValue(long number) => new(number, null);
    public static implicit operator IndexedValue(string text) => new(0, text);

    public override string ToString() => Text ?? Number.ToString();
}

internal sealed class IndexedValueConverter : JsonConverter<IndexedValue>
{
    public override IndexedValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.Number when reader.TryGetInt64(out var number) => number,
            _ => throw new JsonException("An indexed value is an int64 or a string."),
        };

    public override void Write(Utf8JsonWriter writer, IndexedValue value, JsonSerializerOptions options)
    {
        if (value.Text is { } text)
            writer.WriteStringValue(text);
        else
            writer.WriteNumberValue(value.Number);
    }
}
