using Tickets.Contracts;
using Tickets.Core.Orchestration;
using Tickets.Core.Search;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Lifecycle;
using Tickets.Core.Ticketing.Placement;

namespace Tickets.Core.Operations.QueueMoves;

public sealed record BeginMove(MoveStep Step, IReadOnlyList<string> Shards);

/// <param name="Tickets">How many there are to copy, roughly.</param>
public sealed record BegunMove(long Tickets, OperationError? Error = null);

/// <param name="IsReady">All is copied, and few changes are left to follow.</param>
public sealed record CopiedSome(long Tickets, bool IsReady);

/// <param name="ClearsAt">When nobody reads from the old shards any more.</param>
public sealed record SwitchedQueue(DateTimeOffset ClearsAt);

[DurableTask("BeginQueueMove")]
internal sealed class BeginQueueMove(QueueRelocation relocation) : TaskActivity<BeginMove, BegunMove>
{
    public override async Task<BegunMove> RunAsync(TaskActivityContext context, BeginMove input)
    {
        var begun = await relocation.BeginAsync(input.Step.Queue, input.Step.MoveId, input.Shards, context.Cancellation);
        return begun.IsProblem
            ? new BegunMove(0, new OperationError(begun.Problem.Code, begun.Problem.Detail ?? begun.Problem.Title))
            : new BegunMove(await relocation.CountAsync(input.Step.Queue, context.Cancellation));
    }
}

[DurableTask("CopyQueue")]
internal sealed class CopyQueue(QueueRelocation relocation) : TaskActivity<MoveStep, CopiedSome>
{
    // Short enough that progress is seen and a cancellation is heard.
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(10);

    public override async Task<CopiedSome> RunAsync(TaskActivityContext context, MoveStep input)
    {
        var copied = 0L;
        var ready = await relocation.CopyAsync(input.Queue, input.MoveId, Round, some => copied += some, context.Cancellation);
        return new CopiedSome(copied, ready);
    }
}

[DurableTask("SwitchQueue")]
internal sealed class SwitchQueue(QueueRelocation relocation, LifecycleArrival arrival, SettingsCache settings) : TaskActivity<MoveStep, SwitchedQueue>
{
    public override async Task<SwitchedQueue> RunAsync(TaskActivityContext context, MoveStep input)
    {
        await relocation.SwitchAsync(input.Queue, input.MoveId, context.Cancellation);
        if (settings.Current.Queues[input.Queue].Definition.Moving is not { Phase: QueueMove.Clearing } move)
            throw new InvalidOperationException($"Queue '{input.Queue}' could not be switched.");
        await arrival.RunAsync(input.Queue, move.From, context.Cancellation);
        return new SwitchedQueue(relocation.ClearsAt(move));
    }
}

[DurableTask("ClearQueue")]
internal sealed class ClearQueue(QueueRelocation relocation, SearchStatistics statistics, SettingsCache settings) : TaskActivity<MoveStep, bool>
{
    public override async Task<bool> RunAsync(TaskActivityContext context, MoveStep input)
    {
        // Nobody counts on the old shard any more.
        if (settings.Current.Queues.GetValueOrDefault(input.Queue) is { Definition.Moving: { Phase: QueueMove.Clearing } move } queue)
            await statistics.MoveAsync(queue.QueueId, move.From[0], move.To[0], context.Cancellation);
        await relocation.ClearAsync(input.Queue, input.MoveId, context.Cancellation);
        return true;
    }
}

/// <summary>Whether the queue is where it was; false when the move had come too far.</summary>
[DurableTask("GiveUpQueueMove")]
internal sealed class GiveUpQueueMove(QueueRelocation relocation) : TaskActivity<MoveStep, bool>
{
    public override Task<bool> RunAsync(TaskActivityContext context, MoveStep input) => relocation.CancelAsync(input.Queue, input.MoveId, context.Cancellation);
}
