using Tickets.Contracts;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Parts;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;

namespace Tickets.Core.Operations.Restore;

public sealed record RestoreRequest(string Queue, string TicketId);

/// <param name="Offline">Its part is on the way back from the archive access tier.</param>
public sealed record RestoreAnswer(long Version, OperationError? Error = null, bool Offline = false);

/// <summary>Brings one ticket back; a part in the archive access tier is waited for, which takes the storage service hours.</summary>
[DurableTask("RestoreTicket")]
internal sealed class RestoreOperation : TaskOrchestrator<RestoreRequest, OperationOutcome>
{
    private const int MaxWaits = 300;
    private static readonly TimeSpan Wait = TimeSpan.FromMinutes(10);

    public override async Task<OperationOutcome> RunAsync(TaskOrchestrationContext context, RestoreRequest input)
    {
        try
        {
            context.Report(0, 1, "tickets");
            for (var wait = 0; ; wait++)
            {
                var answer = await context.CallActivityAsync<RestoreAnswer>("BringTicketBack", input, OperationSteps.Retrying);
                if (answer.Error is { } error)
                    return new OperationOutcome(null, error);
                if (!answer.Offline)
                {
                    context.Report(1, 1, "tickets");
                    return OperationOutcome.Succeeded(new { input.TicketId, input.Queue, answer.Version });
                }

                if (wait == MaxWaits)
                    return OperationOutcome.Failed(ProblemCodes.TicketOffline, "The ticket's part did not come back from the archive access tier in time.");
                await context.CreateTimer(Wait);
            }
        }
        catch (TaskFailedException fault)
        {
            return OperationOutcome.Failed(fault);
        }
    }
}

[DurableTask("BringTicketBack")]
internal sealed class BringTicketBack(RestoreTicket restore, ColdParts parts) : TaskActivity<RestoreRequest, RestoreAnswer>
{
    public override async Task<RestoreAnswer> RunAsync(TaskActivityContext context, RestoreRequest input)
    {
        try
        {
            _ = TicketId.TryParse(input.TicketId, out var id);
            var restored = await restore.RunAsync(input.Queue, id, context.Cancellation);
            if (!restored.IsProblem)
                return new RestoreAnswer(restored.Value);
            // What will pass is tried again.
            return restored.Problem.Status is 503 or 429
                ? throw new InvalidOperationException(restored.Problem.Detail)
                : new RestoreAnswer(0, new OperationError(restored.Problem.Code, restored.Problem.Detail ?? restored.Problem.Title));
        }
        catch (OfflinePartException offline)
        {
            await parts.TrySetTierAsync(offline.Part, "Hot", context.Cancellation);
            return new RestoreAnswer(0, Offline: true);
        }
    }
}
