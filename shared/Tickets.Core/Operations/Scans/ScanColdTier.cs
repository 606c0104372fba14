using Tickets.Core.Archive.Scan;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Operations.Scans;

/// <param name="Outline">Null at the beginning.</param>
/// <param name="Next">The first unit that is not done.</param>
public sealed record ScanInput(ScanRequest Request, ScanOutline? Outline = null, int Next = 0, ScanTally? Done = null);

public sealed record ScanWork(string Operation, ScanRequest Request, int Unit);

/// <summary>Fans a scan out over its units, a few at a time; a unit that was done is not done again after a crash.</summary>
[DurableTask("ScanColdTier")]
internal sealed class ScanColdTier : TaskOrchestrator<ScanInput, OperationOutcome>
{
    private const int AtOnce = 4;

    // History stays short: after so many units it begins anew with what was counted.
    private const int UnitsPerExecution = 200;

    public override async Task<OperationOutcome> RunAsync(TaskOrchestrationContext context, ScanInput input)
    {
        try
        {
            var outline = input.Outline ?? await context.CallActivityAsync<ScanOutline>("PlanScan", new ScanWork(context.InstanceId, input.Request, 0), OperationSteps.Retrying);
            var (done, next) = (input.Done ?? ScanTally.Nothing, input.Next);
            var end = Math.Min(outline.Units, next + UnitsPerExecution);
            var running = new List<Task<ScanTally>>();
            context.Report(done.Bytes, outline.Bytes, "bytes");
            while (next < end || running.Count > 0)
            {
                while (running.Count < AtOnce && next < end)
                    running.Add(context.CallActivityAsync<ScanTally>("RunScanUnit", new ScanWork(context.InstanceId, input.Request, next++), OperationSteps.Retrying));
                var finished = await Task.WhenAny(running);
                running.Remove(finished);
                done += await finished;
                context.Report(Math.Min(done.Bytes, outline.Bytes), outline.Bytes, "bytes");
            }

            if (next < outline.Units)
            {
                context.ContinueAsNew(new ScanInput(input.Request, outline, next, done));
                return new OperationOutcome();
            }

            return OperationOutcome.Succeeded(new ScanResult(done.Matched, done.Tickets, done.Bytes));
        }
        catch (TaskFailedException fault)
        {
            return OperationOutcome.Failed(fault);
        }
    }
}

/// <param name="Matched">Lines of the result.</param>
/// <param name="Scanned">Tickets that were looked at.</param>
public sealed record ScanResult(long Matched, long Scanned, long Bytes);

[DurableTask("PlanScan")]
internal sealed class PlanScan(ScanUnits units) : TaskActivity<ScanWork, ScanOutline>
{
    public override Task<ScanOutline> RunAsync(TaskActivityContext context, ScanWork input) => units.PlanAsync(input.Operation, input.Request, context.Cancellation);
}

[DurableTask("RunScanUnit")]
internal sealed class RunScanUnit(ScanUnits units) : TaskActivity<ScanWork, ScanTally>
{
    public override Task<ScanTally> RunAsync(TaskActivityContext context, ScanWork input) => units.RunAsync(input.Operation, input.Request, input.Unit, context.Cancellation);
}
