using Tickets.Contracts;

namespace Tickets.Functions.OpenApi;

/// <summary>Every problem code with the statuses that it is answered with and what it means.</summary>
internal static class ProblemCatalog
{
    public static IReadOnlyDictionary<string, (int[] Statuses, string Meaning)> All { get; } = new Dictionary<string, (int[], string)>(StringComparer.Ordinal)
    {
        [ProblemCodes.MalformedRequest] = ([400, 408], "The request is not framed as HTTP says, or its body came too slowly."),
        [ProblemCodes.MalformedJson] = ([400], "The body is not one JSON object in UTF-8."),
        [ProblemCodes.UnknownMember] = ([400], "The body has members that do not exist; `errors` names each."),
        [ProblemCodes.UnknownParameter] = ([400], "The query has parameters that do not exist here."),
        [ProblemCodes.InvalidField] = ([400], "Members are not valid; `errors` names each by its JSON pointer."),
        [ProblemCodes.InvalidHeader] = ([400], "A header is not valid."),
        [ProblemCodes.InvalidParameter] = ([400], "A query parameter is missing or not valid."),
        [ProblemCodes.InvalidCursor] = ([400], "The cursor was not issued by this function for this request."),
        [ProblemCodes.InvalidWorkflow] = ([400], "The workflow cannot work; `errors` lists every fault."),
        [ProblemCodes.InvalidTicketId] = ([400], "This cannot be a ticket's id."),
        [ProblemCodes.QueueNotFound] = ([400], "There is no such queue."),
        [ProblemCodes.WorkflowNotFound] = ([400], "There is no such workflow."),
        [ProblemCodes.Unauthorized] = ([401], "No good key or token was sent."),
        [ProblemCodes.Forbidden] = ([403], "The caller's role or queue prefixes do not reach this."),
        [ProblemCodes.NotFound] = ([404], "There is nothing of this name that the caller reaches."),
        [ProblemCodes.TicketNotFound] = ([404], "There is no such ticket that the caller reaches."),
        [ProblemCodes.OperationNotFound] = ([404], "There is no such operation that the caller reaches."),
        [ProblemCodes.KeyNotFound] = ([404], "There is no such key that the caller administers."),
        [ProblemCodes.MethodNotAllowed] = ([405], "The path has other methods; `Allow` names them."),
        [ProblemCodes.UnsupportedMediaType] = ([415], "Bodies are `application/json` in UTF-8, not compressed."),
        [ProblemCodes.InvalidNonce] = ([409], "The nonce is forged, expired, or was used with other content."),
        [ProblemCodes.UnmetConditions] = ([409, 412], "Conditions do not hold; `unmet` lists all of them with what stands."),
        [ProblemCodes.TransitionNotAllowed] = ([409], "The workflow has no such step; `allowed` lists those that it has."),
        [ProblemCodes.TicketArchived] = ([409], "The ticket is in the cold tier: restore it first."),
        [ProblemCodes.TicketOffline] = ([409], "The ticket's part is in an access tier that cannot be read at once."),
        [ProblemCodes.TicketHot] = ([409], "The ticket is in the hot tier already."),
        [ProblemCodes.OperationNotFinished] = ([409], "The operation has no result yet, or none at all."),
        [ProblemCodes.AlreadyAccepted] = ([409], "Somebody has accepted the ticket: `accepted_by`."),
        [ProblemCodes.InUse] = ([409], "What is to be changed or removed is in use."),
        [ProblemCodes.OrchestrationState] = ([409], "The orchestration is not in a state for this."),
        [ProblemCodes.OpNotRefused] = ([409], "The relay does not stand at this op, so it is not skipped."),
        [ProblemCodes.KeyNotActive] = ([409], "The key has ended or was rotated before."),
        [ProblemCodes.LastAdminKey] = ([409], "Nobody would be left to administer all queues."),
        [ProblemCodes.QueueAlreadyMoving] = ([409], "The queue is on its way to other shards."),
        [ProblemCodes.CursorExpired] = ([410], "The log was trimmed past the cursor; `oldest_cursor` is where it begins."),
        [ProblemCodes.PreconditionFailed] = ([412], "The setting does not stand as `If-Match` or `If-None-Match` says."),
        [ProblemCodes.PayloadTooLarge] = ([413], "The body is larger than is taken here."),
        [ProblemCodes.IdempotencyKeyReused] = ([422], "The `Idempotency-Key` was used for another request."),
        [ProblemCodes.TooManyRequests] = ([429], "The caller's limit is reached, or the queue gets more than it can write."),
        [ProblemCodes.Internal] = ([500], "A bug of ours; it is logged under the trace id."),
        [ProblemCodes.StaleSettings] = ([500], "The settings of this process are too old to act on."),
        [ProblemCodes.TicketMoving] = ([503], "The ticket is on its way to another shard for a moment."),
        [ProblemCodes.QueueMoving] = ([503], "The queue is being switched to other shards for a moment."),
        [ProblemCodes.Overloaded] = ([503], "The shard gets more than it can write."),
        [ProblemCodes.Unavailable] = ([503], "A database or the storage account cannot be reached, or the app is starting."),
        [ProblemCodes.ColdPartDamaged] = ([503], "A part of the cold tier is damaged or missing; it is named."),
        [ProblemCodes.OutcomeUnknown] = ([503], "The connection was lost during the commit: repeat with the same nonce or `Idempotency-Key`."),
    };
}
