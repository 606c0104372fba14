namespace Tickets.Contracts;

/// <summary>The stable, snake_case values of a problem document's <c>code</c> member.</summary>
public static class ProblemCodes
{
    // 400, 408
    public const string MalformedRequest = "malformed_request";
    public const string MalformedJson = "malformed_json";
    public const string UnknownMember = "unknown_member";
    public const string UnknownParameter = "unknown_parameter";
    public const string InvalidField = "invalid_field";
    public const string InvalidHeader = "invalid_header";
    public const string InvalidParameter = "invalid_parameter";
    public const string InvalidCursor = "invalid_cursor";
    public const string InvalidWorkflow = "invalid_workflow";
    public const string InvalidTicketId = "invalid_ticket_id";
    public const string QueueNotFound = "queue_not_found";
    public const string WorkflowNotFound = "workflow_not_found";

    // 401, 403
    public const string Unauthorized = "unauthorized";
    public const string Forbidden = "forbidden";

    // 404, 405, 406, 415
    public const string NotFound = "not_found";
    public const string TicketNotFound = "ticket_not_found";
    public const string OperationNotFound = "operation_not_found";
    public const string KeyNotFound = "key_not_found";
    public const string MethodNotAllowed = "method_not_allowed";
    public const string UnsupportedMediaType = "unsupported_media_type";

    // 409, 410, 412, 413, 422, 429
    public const string InvalidNonce = "invalid_nonce";
    public const string UnmetConditions = "unmet_conditions";
    public const string TransitionNotAllowed = "transition_not_allowed";
    public const string TicketArchived = "ticket_archived";
    public const string TicketOffline = "ticket_offline";
    public const string TicketHot = "ticket_hot";
    public const string OperationNotFinished = "operation_not_finished";
    public const string AlreadyAccepted = "already_accepted";
    public const string InUse = "in_use";
    public const string OrchestrationState = "orchestration_state";
    public const string OpNotRefused = "op_not_refused";
    public const string CursorExpired = "cursor_expired";
    public const string PreconditionFailed = "precondition_failed";
    public const string PayloadTooLarge = "payload_too_large";
    public const string IdempotencyKeyReused = "idempotency_key_reused";
    public const string KeyNotActive = "key_not_active";
    public const string LastAdminKey = "last_admin_key";
    public const string TooManyRequests = "too_many_requests";

    // 500, 503
    public const string Internal = "internal_error";
    public const string StaleSettings = "stale_settings";
    public const string TicketMoving = "ticket_moving";
    public const string QueueMoving = "queue_moving";
    public const string QueueAlreadyMoving = "queue_already_moving";
    public const string Overloaded = "overloaded";
    public const string Unavailable = "unavailable";
    public const string ColdPartDamaged = "cold_part_damaged";
    public const string OutcomeUnknown = "outcome_unknown";
}
