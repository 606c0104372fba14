using Tickets.Core.Archive;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Operations;

public sealed record RebuildRequest(string Queue, int Next = 0, RebuildReport? Done = null);

public sealed record RebuildDay(string Queue, DateOnly Day);

/// <summary>Makes the missing rows of a queue's days again and checks every part, a few days at a time.</summary>
[DurableTask("RebuildIndex")]
internal sealed class RebuildOperation : TaskOrchestrator<RebuildRequest, OperationOutcome>
{
    private const int AtOnce = 4;
    private const int DaysPerExecution = 200;

    public override async Task<OperationOutcome> RunAsync(TaskOrchestrationContext context, RebuildRequest input)
    {
        try
        {
            var days = await context.CallActivityAsync<List<DateOnly>>("FindColdDays", input.Queue, OperationSteps.Retrying);
            var (report, next) = (input.Done ?? RebuildReport.Nothing, input.Next);
            var end = Math.Min(days.Count, next + DaysPerExecution);
            while (next < end)
            {
                context.Report(next, days.Count, "days");
                var some = days.GetRange(next, Math.Min(AtOnce, end - next));
                foreach (var day in await Task.WhenAll(some.Select(day => context.CallActivityAsync<RebuildReport>("RebuildDay", new RebuildDay(input.Queue, day), OperationSteps.Retrying))))
                    report += day;
                next += some.Count;
            }

            context.Report(next, days.Count, "days");
            if (next < days.Count)
            {
                context.ContinueAsNew(new RebuildRequest(input.Queue, next, report));
                return new OperationOutcome();
            }

            return OperationOutcome.Succeeded(report);
        }
        catch (TaskFailedException fault)
        {
            return OperationOutcome.Failed(fault);
        }
    }
}

[DurableTask("FindColdDays")]
internal sealed class FindColdDays(IndexRebuild rebuild) : TaskActivity<string, IReadOnlyList<DateOnly>>
{
    public override Task<IReadOnlyList<DateOnly>> RunAsync(TaskActivityContext context, string input) => rebuild.DaysAsync(input, context.Cancellation);
}

[DurableTask("RebuildDay")]
internal sealed class RebuildOneDay(IndexRebuild rebuild) : TaskActivity<RebuildDay, RebuildReport>
{
    public override Task<RebuildReport> RunAsync(TaskActivityContext context, RebuildDay input) => rebuild.RebuildDayAsync(input.Queue, input.Day, context.Cancellation);
}
