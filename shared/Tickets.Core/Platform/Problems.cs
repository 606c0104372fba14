using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Platform;

/// <summary>The refusals of the system, each worded once.</summary>
public static class Problems
{
    public static Problem Invalid(IReadOnlyList<ProblemError> errors) => new()
    {
        Status = 400,
        Code = ProblemCodes.InvalidField,
        Title = "The request is not valid",
        Detail = Summary(errors),
        Errors = errors,
    };

    public static Problem Invalid(string pointer, string message) => Invalid([new ProblemError(pointer, message)]);

    public static Problem InvalidParameter(string name, string message) => new()
    {
        Status = 400,
        Code = ProblemCodes.InvalidParameter,
        Title = "A query parameter is not valid",
        Detail = $"{name}: {message}",
    };

    public static Problem UnknownMembers(IReadOnlyList<ProblemError> errors) => new()
    {
        Status = 400,
        Code = ProblemCodes.UnknownMember,
        Title = "The request has members that do not exist",
        Detail = Summary(errors),
        Errors = errors,
    };

    public static Problem MalformedJson(string detail) => new()
    {
        Status = 400,
        Code = ProblemCodes.MalformedJson,
        Title = "The body is not valid JSON",
        Detail = detail,
    };

    public static Problem InvalidWorkflow(IReadOnlyList<ProblemError> errors) => new()
    {
        Status = 400,
        Code = ProblemCodes.InvalidWorkflow,
        Title = "The workflow cannot work",
        Detail = Summary(errors),
        Errors = errors,
    };

    public static Problem QueueNotFound(string queue, string pointer = "/queue") => new()
    {
        Status = 400,
        Code = ProblemCodes.QueueNotFound,
        Title = "No such queue",
        Detail = $"There is no queue '{queue}'.",
        Errors = [new ProblemError(pointer, $"There is no queue '{queue}'.")],
    };

    public static Problem WorkflowNotFound(string workflow) => new()
    {
        Status = 400,
        Code = ProblemCodes.WorkflowNotFound,
        Title = "No such workflow",
        Detail = $"There is no workflow '{workflow}'.",
        Errors = [new ProblemError("/workflow_id", $"There is no workflow '{workflow}'.")],
    };

    public static Problem NotFound(string what) => new()
    {
        Status = 404,
        Code = ProblemCodes.NotFound,
        Title = "Not found",
        Detail = what,
    };

    public static Problem TicketNotFound(string ticketId) => new()
    {
        Status = 404,
        Code = ProblemCodes.TicketNotFound,
        Title = "No such ticket",
        Detail = $"There is no ticket '{ticketId}' in the queues asked.",
    };

    public static Problem TicketArchived(string ticketId) => new()
    {
        Status = 409,
        Code = ProblemCodes.TicketArchived,
        Title = "The ticket is archived",
        Detail = $"Ticket '{ticketId}' has left the hot tier and cannot be changed there; restore it first.",
    };

    public static Problem OperationNotFound(string id) => new()
    {
        Status = 404,
        Code = ProblemCodes.OperationNotFound,
        Title = "No such operation",
        Detail = $"There is no operation '{(id.Length <= 60 ? id : id[..60])}', or not any more.",
    };

    public static Problem OperationNotFinished(string id, string status) => new()
    {
        Status = 409,
        Code = ProblemCodes.OperationNotFinished,
        Title = "The operation has no result",
        Detail = $"Operation '{id}' is {status}; a result is there when it has succeeded.",
        RetryAfter = status is "not_started" or "running" ? 1 : null,
    };

    public static Problem TooManyOperations(string kind, int most) => new()
    {
        Status = 429,
        Code = ProblemCodes.TooManyRequests,
        Title = "Too many operations of this kind",
        Detail = $"A key may have {most} operations of kind '{kind}' under way. Try again when one has ended, or cancel one.",
        RetryAfter = 5,
    };

    public static Problem TicketHot(string ticketId) => new()
    {
        Status = 409,
        Code = ProblemCodes.TicketHot,
        Title = "The ticket is in the hot tier",
        Detail = $"Ticket '{ticketId}' is not archived: there is nothing to restore.",
    };

    public static Problem TicketOffline(string ticketId, string part) => new()
    {
        Status = 409,
        Code = ProblemCodes.TicketOffline,
        Title = "The ticket is in a storage tier that cannot be read at once",
        Detail = $"Ticket '{ticketId}' lies in the cold part '{part}', which is in the archive access tier. Restoring it brings it back, which takes hours.",
    };

    public static Problem ColdPartDamaged(string part) => new()
    {
        Status = 503,
        Code = ProblemCodes.ColdPartDamaged,
        Title = "A part of the cold tier is damaged",
        Detail = $"The cold part '{part}' is damaged or missing, so it cannot be said what it holds. The operators have been told.",
        RetryAfter = 60,
    };

    public static Problem TicketMoving(string ticketId) => new()
    {
        Status = 503,
        Code = ProblemCodes.TicketMoving,
        Title = "The ticket is on its way to another queue",
        Detail = $"Ticket '{ticketId}' is being moved to a queue on another shard. Nothing was written; try again after the time in Retry-After.",
        RetryAfter = 1,
    };

    public static Problem QueueMoving(string queue) => new()
    {
        Status = 503,
        Code = ProblemCodes.QueueMoving,
        Title = "The queue is changing shards",
        Detail = $"Queue '{queue}' is being switched to another shard. Nothing was written; try again after the time in Retry-After.",
        RetryAfter = 1,
    };

    public static Problem QueueAlreadyMoving(string queue, string operation) => new()
    {
        Status = 409,
        Code = ProblemCodes.QueueAlreadyMoving,
        Title = "The queue is moving already",
        Detail = $"Queue '{queue}' is on its way to other shards by operation '{operation}'. Wait for it to end, or cancel it.",
    };

    public static Problem InvalidTicketId(string text) => new()
    {
        Status = 400,
        Code = ProblemCodes.InvalidTicketId,
        Title = "Not a ticket id",
        Detail = $"'{text}' is not a ticket id: a positive whole number in decimal digits.",
    };

    public static Problem InvalidNonce(string why) => new()
    {
        Status = 409,
        Code = ProblemCodes.InvalidNonce,
        Title = "The nonce cannot be used",
        Detail = why,
    };

    public static Problem InvalidCursor(string why) => new()
    {
        Status = 400,
        Code = ProblemCodes.InvalidCursor,
        Title = "The cursor cannot be used",
        Detail = why,
    };

    public static Problem OpNotRefused(string shard, long opid, long? refused) => new()
    {
        Status = 409,
        Code = ProblemCodes.OpNotRefused,
        Title = "The relay does not stand at this op",
        Detail = $"Op '{shard}:{opid}' is not refused by Service Bus; "
            + (refused is { } other ? $"the relay of the shard stands at op {other}." : "the relay of the shard stands at none. Only an op that is refused whatever is done can be skipped."),
    };

    public static Problem CursorExpired(string oldestCursor) => new()
    {
        Status = 410,
        Code = ProblemCodes.CursorExpired,
        Title = "The log was trimmed past the cursor",
        Detail = "Some of the changes after this cursor are no longer kept. Go on from oldest_cursor, and read what was missed by search.",
        OldestCursor = oldestCursor,
    };

    public static Problem UnmetConditions(IReadOnlyList<UnmetCondition> unmet) => new()
    {
        Status = 409,
        Code = ProblemCodes.UnmetConditions,
        Title = "Not every expected condition holds",
        Detail = "Not met: " + string.Join(", ", unmet.Select(condition => condition.Condition)) + ".",
        Unmet = unmet,
    };

    public static Problem TransitionNotAllowed(string from, string to, IReadOnlyList<string> allowed, string detail) => new()
    {
        Status = 409,
        Code = ProblemCodes.TransitionNotAllowed,
        Title = "The workflow does not allow this transition",
        Detail = detail,
        From = from,
        To = to,
        Allowed = allowed,
    };

    public static Problem AlreadyAccepted(string by) => new()
    {
        Status = 409,
        Code = ProblemCodes.AlreadyAccepted,
        Title = "The ticket is already accepted",
        Detail = $"'{by}' has accepted the ticket.",
        AcceptedBy = by,
    };

    public static Problem TicketClosed(string ticketId, DateTimeOffset closedAt) =>
        UnmetConditions([new UnmetCondition("ticket.closed_at", JsonElement.Parse("null"), JsonElement.Parse($"\"{Rfc3339.Format(closedAt)}\""))]) with
        {
            Title = "The ticket is closed",
            Detail = $"Ticket '{ticketId}' is closed: there is nothing left to accept.",
        };

    public static Problem IdempotencyKeyReused() => new()
    {
        Status = 422,
        Code = ProblemCodes.IdempotencyKeyReused,
        Title = "The idempotency key was used with another request",
        Detail = "This Idempotency-Key was seen with a different request. Use a new key for a new change.",
    };

    public static Problem PreconditionFailed(string detail) => new()
    {
        Status = 412,
        Code = ProblemCodes.PreconditionFailed,
        Title = "The precondition does not hold",
        Detail = detail,
    };

    public static Problem Forbidden(string detail) => new()
    {
        Status = 403,
        Code = ProblemCodes.Forbidden,
        Title = "Not allowed with this key",
        Detail = detail,
    };

    public static Problem ForbiddenQueue(string queue) => Forbidden($"This key does not reach queue '{queue}'.");

    public static Problem ForbiddenWorkflow(string workflow) =>
        Forbidden($"This key does not reach workflow '{workflow}': to change it a key reaches every queue that uses it or, while none does, the workflow's name.");

    public static Problem KeyNotFound(string keyId) => new()
    {
        Status = 404,
        Code = ProblemCodes.KeyNotFound,
        Title = "No such key",
        Detail = $"There is no key '{keyId}'.",
    };

    /// <summary>The caller's own limit, not the system's.</summary>
    /// <param name="seconds">Until it may ask again.</param>
    public static Problem LimitReached(long limit, string window, int seconds) => new()
    {
        Status = 429,
        Code = ProblemCodes.TooManyRequests,
        Title = "Too many requests",
        Detail = $"This key may make {limit} requests a {window}.",
        RetryAfter = seconds,
    };

    public static Problem Conflict(string code, string title, string detail) => new()
    {
        Status = 409,
        Code = code,
        Title = title,
        Detail = detail,
    };

    public static Problem QueueBusy(string queue) => new()
    {
        Status = 429,
        Code = ProblemCodes.TooManyRequests,
        Title = "The queue has more waiting writes than its share",
        Detail = $"Queue '{queue}' has too many writes waiting. Try again after the time in Retry-After.",
        RetryAfter = 1,
    };

    public static Problem TooManyUnserved(string why) => new()
    {
        Status = 429,
        Code = ProblemCodes.TooManyRequests,
        Title = "Too many searches that no index serves",
        Detail = why + " Such searches are limited; try again after the time in Retry-After.",
        RetryAfter = 1,
    };

    public static Problem Overloaded(string shard) => new()
    {
        Status = 503,
        Code = ProblemCodes.Overloaded,
        Title = "Too many writes are waiting",
        Detail = $"Shard '{shard}' has as many waiting writes as it can take. Nothing was written; try again after the time in Retry-After.",
        RetryAfter = 1,
    };

    public static Problem Unavailable(string what) => new()
    {
        Status = 503,
        Code = ProblemCodes.Unavailable,
        Title = "A part of the system cannot be reached",
        Detail = $"{what} Nothing was written; try again after the time in Retry-After.",
        RetryAfter = 1,
    };

    public static Problem OutcomeUnknown() => new()
    {
        Status = 503,
        Code = ProblemCodes.OutcomeUnknown,
        Title = "The outcome is not known",
        Detail = "The connection was lost while the change was being committed: it may or may not stand. A retry with the same nonce, idempotency key or expected version is safe.",
        RetryAfter = 1,
    };

    public static Problem Internal() => new()
    {
        Status = 500,
        Code = ProblemCodes.Internal,
        Title = "The server failed",
        Detail = "The request could not be processed because of a fault in the server. The trace id names it in the logs.",
    };

    private static string Summary(IReadOnlyList<ProblemError> errors) =>
        string.Join(" ", errors.Take(3).Select(error => $"{(error.Pointer.Length == 0 ? "body" : error.Pointer)}: {error.Message}"))
        + (errors.Count > 3 ? $" (and {errors.Count - 3} more)" : "");
}
