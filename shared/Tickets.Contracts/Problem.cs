using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Contracts;

/// <summary>One fault in a request; <paramref name="Pointer"/> is a JSON pointer (RFC 6901) into the body.</summary>
public sealed record ProblemError(string Pointer, string Message);

/// <summary>One condition of an update that did not hold, with what was expected and what stands.</summary>
public sealed record UnmetCondition(string Condition, JsonElement Expected, JsonElement Actual);

/// <summary>An <c>application/problem+json</c> document (RFC 9457).</summary>
public sealed record Problem
{
    public string Type { get; init; } = "about:blank";
    public required string Title { get; init; }
    public required int Status { get; init; }
    public string? Detail { get; init; }

    /// <summary>One of <see cref="ProblemCodes"/>.</summary>
    public required string Code { get; init; }
    public string? TraceId { get; init; }
    public IReadOnlyList<ProblemError>? Errors { get; init; }

    /// <summary>All conditions that did not hold; with <see cref="ProblemCodes.UnmetConditions"/>.</summary>
    public IReadOnlyList<UnmetCondition>? Unmet { get; init; }

    /// <summary>The current status, the one asked for and the ones the workflow allows; with <see cref="ProblemCodes.TransitionNotAllowed"/>.</summary>
    public string? From { get; init; }
    public string? To { get; init; }
    public IReadOnlyList<string>? Allowed { get; init; }

    /// <summary>Who holds the ticket; with <see cref="ProblemCodes.AlreadyAccepted"/>.</summary>
    public string? AcceptedBy { get; init; }

    /// <summary>The oldest position that can still be read; with <see cref="ProblemCodes.CursorExpired"/>.</summary>
    public string? OldestCursor { get; init; }

    /// <summary>Seconds; sent as the Retry-After header, not in the body.</summary>
    [JsonIgnore]
    public int? RetryAfter { get; init; }
}
