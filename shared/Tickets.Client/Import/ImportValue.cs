using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Client.Import;

/// <summary>How a column's value is read.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImportType>))]
public enum ImportType
{
    /// <summary>Text, trimmed.</summary>
    [JsonStringEnumMemberName("string")] String,

    /// <summary>A whole number that fits 64 bits.</summary>
    [JsonStringEnumMemberName("int64")] Int64,

    /// <summary>A decimal number with a point.</summary>
    [JsonStringEnumMemberName("number")] Number,

    /// <summary><c>true</c>/<c>false</c>, <c>yes</c>/<c>no</c>, <c>y</c>/<c>n</c> or <c>1</c>/<c>0</c>, in any case.</summary>
    [JsonStringEnumMemberName("boolean")] Boolean,

    /// <summary>A moment, kept as RFC 3339 in UTC; see <see cref="ImportValue.Formats"/>.</summary>
    [JsonStringEnumMemberName("time")] Time,

    /// <summary>Whatever stands there: JSON values as they are, text parsed as JSON.</summary>
    [JsonStringEnumMemberName("json")] Json,
}

/// <summary>Where one value of a ticket comes from: <c>{"column": "Cost", "type": "int64"}</c> or the constant <c>{"value": 12}</c>.</summary>
public sealed record ImportValue
{
    /// <summary>The source's column. An empty cell, null or a missing member leaves the value out.</summary>
    public string? Column { get; init; }

    public ImportType Type { get; init; }

    /// <summary>
    /// For <see cref="ImportType.Time"/>: .NET format strings tried in turn (UTC unless they say otherwise), <c>unix</c> (seconds) or
    /// <c>unix_ms</c>. RFC 3339 when left out.
    /// </summary>
    public IReadOnlyList<string>? Formats { get; init; }

    /// <summary>A constant, the same for all rows.</summary>
    public JsonElement? Value { get; init; }
}
