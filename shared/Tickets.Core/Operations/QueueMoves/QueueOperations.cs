using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Placement;

namespace Tickets.Core.Operations.QueueMoves;

/// <summary>Starts the long operations on queues.</summary>
public sealed class QueueOperations(LongOperations operations, SettingsCache settings, QueueRelocation relocation)
{
    /// <summary>Body: <c>{"queue", "shards": […]}</c>.</summary>
    /// <returns>400 for shards that there are not or that the queue is on; 409 <c>queue_already_moving</c>.</returns>
    public async Task<Result<Operation>> MoveAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        var (errors, unknown) = (new List<ProblemError>(), new List<ProblemError>());
        var reader = new ObjectReader(body, "", errors);
        var name = reader.RequiredText("queue", 128);
        var shards = reader.Texts("shards", 64);
        reader.Finish(unknown);
        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);
        if (errors.Count > 0)
            return Problems.Invalid(errors);
        if (!caller.Reaches(name!))
            return Problems.ForbiddenQueue(name!);
        if (await settings.FindQueueAsync(name!, cancel) is not { } queue)
            return Problems.QueueNotFound(name!);
        if (relocation.Refusal(queue.Definition, shards ?? []) is { } refusal)
            return refusal;
        // One that has not begun yet is not seen in the settings.
        return await operations.UnderWayAsync(OperationKind.MoveQueue, name!, cancel) is { } other
            ? Problems.QueueAlreadyMoving(name!, other)
            : await operations.StartAsync(OperationKind.MoveQueue, name!, new MoveQueueRequest(name!, shards!), caller, cancel);
    }
}
