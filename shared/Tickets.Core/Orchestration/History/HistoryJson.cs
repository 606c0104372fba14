using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Core.Orchestration.History;

/// <summary>Steps and events as the tables keep them.</summary>
[JsonSerializable(typeof(HistoryStep))]
[JsonSerializable(typeof(HistoryEvent))]
[JsonSerializable(typeof(List<HistoryEvent>))]
[JsonSerializable(typeof(TaskFailureDetails))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class HistoryJson : JsonSerializerContext
{
    public static HistoryJson Rows { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Converters = { new JsonStringEnumConverter<HistoryEventKind>() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Text(HistoryStep step) => JsonSerializer.Serialize(step, Rows.HistoryStep);
    public static string Text(HistoryEvent happened) => JsonSerializer.Serialize(happened, Rows.HistoryEvent);
    public static HistoryStep Step(string text) => JsonSerializer.Deserialize(text, Rows.HistoryStep)!;
    public static HistoryEvent Event(string text) => JsonSerializer.Deserialize(text, Rows.HistoryEvent)!;
}

/// <summary>JSON text inside JSON, as it is.</summary>
internal sealed class RawJson : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.GetRawText();
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteRawValue(value, skipInputValidation: true);
}
