using System.Text.Json;
using Tickets.Contracts;

namespace Tickets.Client;

/// <summary>An answer as it came, whatever its status.</summary>
public sealed record TicketsResponse
{
    public required int Status { get; init; }

    /// <summary>The reason phrase, such as <c>Not Found</c>; may be empty.</summary>
    public required string Reason { get; init; }
    public required ReadOnlyMemory<byte> Body { get; init; }
    public string? ContentType { get; init; }

    /// <summary>Without its quotes.</summary>
    public string? ETag { get; init; }

    /// <summary>From the Retry-After header, whichever of its two forms was sent.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The trace under which the server logged this request.</summary>
    public string? TraceId { get; init; }

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <exception cref="TicketsProblemException">It is not a success.</exception>
    public TicketsResponse EnsureSuccess() => IsSuccess ? this : throw new TicketsProblemException(this);

    /// <summary>The problem document in the body; null when the answer is a success or did not come from Tickets itself.</summary>
    public Problem? ReadProblem()
    {
        if (IsSuccess || ContentType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) != true)
            return null;
        try
        {
            var problem = JsonSerializer.Deserialize(Body.Span, TicketsJson.Default.Problem);
            return problem is null ? null : problem with { RetryAfter = RetryAfter is { } after ? (int)Math.Ceiling(after.TotalSeconds) : null };
        }
        catch (JsonException)
        {
            // JSON of another shape: some proxy or host spoke, not Tickets.
            return null;
        }
    }
}
