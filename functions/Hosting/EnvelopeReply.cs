using System.Text.Json.Serialization;

namespace Tickets.Functions.Hosting;

/// <summary>
/// What the host gets back, all three members always. An empty 200 would hang its invocation until the function's timeout,
/// after which it kills this process with everything in flight.
/// </summary>
internal sealed record EnvelopeReply
{
    /// <summary>Always empty: outputs are written after the answer, outside of our transactions, and text is mangled on the way.</summary>
    public IReadOnlyDictionary<string, string> Outputs { get; } = new Dictionary<string, string>(0);
    public required IReadOnlyList<string> Logs { get; init; }
    public string? ReturnValue { get; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.Unspecified)]
[JsonSerializable(typeof(EnvelopeReply))]
internal sealed partial class EnvelopeJson : JsonSerializerContext;
