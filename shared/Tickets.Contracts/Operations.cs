using System.Text.Json;

namespace Tickets.Contracts;

/// <summary>A search of the cold tier.</summary>
/// <param name="From">Of creation, a day such as 2026-01-31; the first there is when left out.</param>
/// <param name="To">The last day; today when left out.</param>
public sealed record StartScanRequest(TicketQuery Query, DateOnly? From = null, DateOnly? To = null, IReadOnlyList<string>? Projection = null);

/// <param name="Unit">What is counted: <c>bytes</c>, <c>tickets</c>, <c>days</c>, <c>steps</c>.</param>
public sealed record OperationProgress(long Done, long Total, string Unit);

/// <param name="Code">One of <see cref="ProblemCodes"/>.</param>
public sealed record OperationError(string Code, string Detail);

/// <summary>A long operation as it stands.</summary>
public sealed record Operation
{
    public required string Id { get; init; }

    /// <summary><c>scan</c>, <c>restore</c>, <c>erase</c>, <c>rebuild_index</c> or <c>move_queue</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>not_started</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c> or <c>canceled</c>.</summary>
    public required string Status { get; init; }
    public string? Queue { get; init; }
    public OperationProgress? Progress { get; init; }

    /// <summary>When it has succeeded; its members depend on the kind.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>When it has failed.</summary>
    public OperationError? Error { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
}

/// <summary>Newest first.</summary>
public sealed record OperationList(IReadOnlyList<Operation> Operations, string? NextCursor);
