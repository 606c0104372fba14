using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tickets.Core.Orchestration;

/// <summary>Inputs, outputs and events as JSON text: what rows and histories carry.</summary>
internal static class Payload
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string? From(object? value) => value is null ? null : JsonSerializer.Serialize(value, value.GetType(), Options);

    public static object? To(string? json, Type type) => json is null ? Default(type) : JsonSerializer.Deserialize(json, type, Options);

    public static T? To<T>(string? json) => json is null ? default : JsonSerializer.Deserialize<T>(json, Options);

    private static object? Default(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;
}
