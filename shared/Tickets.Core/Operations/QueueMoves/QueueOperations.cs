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
        var errors = new List<ProblemError>();
        var shards = new ObjectReader(body, "", errors).Texts("shards", 64);
        var read = await QueueRequest.ReadAsync(body, ["shards"], settings, caller, cancel, errors);
        if (read.IsProblem)
            return read.Problem;
        var queue = read.Value;
        if (relocation.Refusal(queue.Definition, shards ?? []) is { } refusal)
            return refusal;
        // One that has not begun yet is not seen in the settings.
        return await operations.UnderWayAsync(OperationKind.MoveQueue, queue.Name, cancel) is { } other
            ? Problems.QueueAlreadyMoving(queue.Name, other)
            : await operations.StartAsync(OperationKind.MoveQueue, queue.Name, new MoveQueueRequest(queue.Name, shards!), caller, cancel);
    }
}
