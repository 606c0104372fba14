using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Tickets.Functions.Hosting;

/// <summary>The wire records as requests must be: nothing unknown, nothing twice, nothing null that may not be.</summary>
internal static class StrictJson
{
    private static readonly ConcurrentDictionary<JsonSerializerOptions, JsonSerializerOptions> Options = new();
    private static readonly ConcurrentDictionary<JsonTypeInfo, JsonTypeInfo> Types = new();

    public static JsonTypeInfo<T> For<T>(JsonTypeInfo<T> typeInfo) =>
        (JsonTypeInfo<T>)Types.GetOrAdd(typeInfo, static t => Options.GetOrAdd(t.Options, Strict).GetTypeInfo(t.Type));

    private static JsonSerializerOptions Strict(JsonSerializerOptions options) => new(options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };
}
