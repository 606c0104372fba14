using System.Text.Json;
using Tickets.Chaos.Histories;

namespace Tickets.Chaos.Running;

/// <summary>What came of a request; <see cref="Status"/> is 0 when nothing came.</summary>
/// <param name="WasSent">Whether the server can have heard it.</param>
internal sealed record Reply(int Status, string Text, string? MediaType, int? RetryAfter, bool WasSent)
{
    private const string UnknownOutcome = "outcome_unknown";

    public static readonly Reply Refused = new(0, "", null, null, WasSent: false);

    public static readonly Reply Lost = new(0, "", null, null, WasSent: true);

    public bool IsOk => Status is >= 200 and < 300;

    public JsonElement Json => JsonElement.Parse(Text, new JsonDocumentOptions { MaxDepth = 200 });

    /// <summary>Of a problem document.</summary>
    public string? Code => MediaType == "application/problem+json" && Json.TryGetProperty("code", out var code) ? code.GetString() : null;

    /// <summary>What it says about a write: done, not done, or nothing.</summary>
    public EventKind Outcome => Status switch
    {
        0 => WasSent ? EventKind.Unknown : EventKind.Fail,
        >= 200 and < 300 => EventKind.Ok,
        503 => Code is { } code && code != UnknownOutcome ? EventKind.Fail : EventKind.Unknown,
        >= 500 => EventKind.Unknown,
        _ => EventKind.Fail,
    };

    /// <summary>Null when it is one that a caller may be given while things break: an answer, a refusal, a declared 503, or none at all.</summary>
    public string? Fault => Status switch
    {
        0 or < 500 => null,
        503 => Code is null ? $"503 without a problem document: {Text}" : RetryAfter is null ? $"503 {Code} without Retry-After" : null,
        _ => $"{Status}: {Text}",
    };

    public override string ToString() => Status == 0 ? (WasSent ? "no answer" : "no connection") : $"{Status} {Code}".TrimEnd();
}
