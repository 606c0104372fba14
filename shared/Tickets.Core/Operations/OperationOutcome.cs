using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Operations;

/// <summary>What an operation's orchestrator answers: a result, or why it could not be done.</summary>
public sealed record OperationOutcome(JsonElement? Result = null, OperationError? Error = null, bool IsCanceled = false)
{
    private static readonly JsonSerializerOptions Snake = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static OperationOutcome Succeeded<T>(T result) => new(JsonSerializer.SerializeToElement(result, Snake));

    public static OperationOutcome Failed(string code, string detail) => new(null, new OperationError(code, detail));

    /// <summary>It was cancelled, and what it had begun is undone.</summary>
    public static OperationOutcome Canceled() => new(IsCanceled: true);

    /// <summary>A step failed for good.</summary>
    internal static OperationOutcome Failed(TaskFailedException fault) => Failed(
        fault.FailureDetails.IsCausedBy<Archive.Format.DamagedPartException>() ? ProblemCodes.ColdPartDamaged
            : fault.FailureDetails.IsCausedBy<Archive.Format.OfflinePartException>() ? ProblemCodes.TicketOffline
            : ProblemCodes.Internal,
        fault.FailureDetails.ErrorMessage);
}
