using System.Text.Json.Serialization;

namespace Tickets.Functions.Health;

internal sealed record LiveAnswer(string Status);

internal sealed record ReadyAnswer(string Status, IReadOnlyDictionary<string, DependencyAnswer> Dependencies);

internal sealed record DependencyAnswer(string Status, string? Reason, double DurationMs);

internal sealed record VersionAnswer(string Version, string Runtime);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LiveAnswer))]
[JsonSerializable(typeof(ReadyAnswer))]
[JsonSerializable(typeof(VersionAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
