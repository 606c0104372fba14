using Tickets.Contracts;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Operations.QueueMoves;

/// <param name="Copied">Tickets copied by earlier executions.</param>
public sealed record MoveQueueRequest(string Queue, IReadOnlyList<string> Shards, long Copied = 0);

/// <summary>Names a move in its steps.</summary>
public sealed record MoveStep(string Queue, string MoveId);

/// <summary>
/// Moves a queue to other shards while it is used: copy, switch, and, when nobody can read from the old shards any more, clear them. Cancelled before the switch, it gives up and
/// leaves the queue where it was.
/// </summary>
[DurableTask("MoveQueue")]
internal sealed class MoveQueueOperation : TaskOrchestrator<MoveQueueRequest, OperationOutcome>
{
    private const int RoundsPerExecution = 100;

    // What was moved must be cleared away, however long a shard is down.
    private static readonly TaskOptions Stubborn = TaskOptions.FromRetryPolicy(new RetryPolicy(100_000, TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(5)));

    public override async Task<OperationOutcome> RunAsync(TaskOrchestrationContext context, MoveQueueRequest input)
    {
        var step = new MoveStep(input.Queue, context.InstanceId);
        var cancel = context.WaitForExternalEvent<object?>(OperationKind.CancelEvent);
        try
        {
            var begun = await context.CallActivityAsync<BegunMove>("BeginQueueMove", new BeginMove(step, input.Shards), OperationSteps.Retrying);
            if (begun.Error is { } error)
                return new OperationOutcome(null, error);

            var copied = input.Copied;
            for (var round = 1; ; round++)
            {
                var some = await context.CallActivityAsync<CopiedSome>("CopyQueue", step, OperationSteps.Retrying);
                copied += some.Tickets;
                context.Report(copied, Math.Max(copied, begun.Tickets), "tickets");
                if (cancel.IsCompleted && await GiveUpAsync(context, step))
                    return OperationOutcome.Canceled();
                if (some.IsReady)
                    break;
                if (round == RoundsPerExecution)
                {
                    context.ContinueAsNew(input with { Copied = copied });
                    return new OperationOutcome();
                }
            }

            var served = await context.CallActivityAsync<SwitchedQueue>("SwitchQueue", step, OperationSteps.Retrying);
            await context.CreateTimer(served.ClearsAt.UtcDateTime, CancellationToken.None);
            await context.CallActivityAsync("ClearQueue", step, Stubborn);
            return OperationOutcome.Succeeded(new { input.Queue, input.Shards, Tickets = copied });
        }
        catch (TaskFailedException fault)
        {
            // Writes must not wait for a switch that does not come.
            await GiveUpAsync(context, step);
            return OperationOutcome.Failed(fault);
        }
    }

    private static Task<bool> GiveUpAsync(TaskOrchestrationContext context, MoveStep step) => context.CallActivityAsync<bool>("GiveUpQueueMove", step, Stubborn);
}
