using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Cli;

/// <summary>A named environment: <c>{"address": "https://…", "key": "tk_…"}</c>.</summary>
internal sealed record Profile
{
    public required string Address { get; init; }
    public string? Key { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(Dictionary<string, Profile>))]
internal sealed partial class ProfileJson : JsonSerializerContext;
