using Tickets.Contracts;
using Tickets.Core.Archive;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;

namespace Tickets.Core.Operations.Erase;

public sealed record EraseDay(EraseRequest Request, DateOnly Day);

public sealed record EraseShard(EraseRequest Request, string Shard);

/// <summary>The steps of an erasure in their order: hot first, so that nothing can move to cold after cold was done.</summary>
[DurableTask("EraseTickets")]
internal sealed class EraseOperation : TaskOrchestrator<EraseRequest, OperationOutcome>
{
    private const int MaxRounds = 500;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(10);

    public override async Task<OperationOutcome> RunAsync(TaskOrchestrationContext context, EraseRequest input)
    {
        try
        {
            context.Report(0, 4, "steps");
            var report = EraseReport.Nothing with { Tickets = await context.CallActivityAsync<int>("EraseFromHot", input, OperationSteps.Retrying) };
            var days = await context.CallActivityAsync<List<DateOnly>>("FindDaysToErase", input, OperationSteps.Retrying);
            context.Report(1, days.Count + 3, "steps");
            for (var i = 0; i < days.Count; i++)
            {
                report += await EraseDayAsync(context, new EraseDay(input, days[i]));
                context.Report(i + 2, days.Count + 3, "steps");
            }

            var shards = await context.CallActivityAsync<List<string>>("ListShards", null, OperationSteps.Retrying);
            var ops = await Task.WhenAll(shards.Select(shard => context.CallActivityAsync<long>("EraseFromLog", new EraseShard(input, shard), OperationSteps.Retrying)));
            context.Report(days.Count + 2, days.Count + 3, "steps");
            report += EraseReport.Nothing with { Ops = ops.Sum(), ResultLines = await context.CallActivityAsync<long>("EraseFromResults", input, OperationSteps.Retrying) };
            context.Report(days.Count + 3, days.Count + 3, "steps");
            return OperationOutcome.Succeeded(report);
        }
        catch (TaskFailedException fault)
        {
            return OperationOutcome.Failed(fault);
        }
    }

    private static async Task<EraseReport> EraseDayAsync(TaskOrchestrationContext context, EraseDay day)
    {
        var report = EraseReport.Nothing;
        for (var round = 0; round < MaxRounds; round++)
        {
            var tally = await context.CallActivityAsync<ErasureTally>("EraseFromDay", day, OperationSteps.Retrying);
            report += EraseReport.Nothing with { Parts = tally.Parts, Blobs = tally.Blobs };
            if (tally.Complete)
                return report;
            await context.CreateTimer(tally.Offline is null ? Soon : Later);
        }

        throw new InvalidOperationException($"Day {day.Day:yyyy-MM-dd} changed again and again while it was erased.");
    }
}

[DurableTask("EraseFromHot")]
internal sealed class EraseFromHot(EraseTickets erase) : TaskActivity<EraseRequest, int>
{
    public override async Task<int> RunAsync(TaskActivityContext context, EraseRequest input)
    {
        var erased = await erase.FromHotAsync(input, context.Cancellation);
        return erased.IsProblem ? throw new InvalidOperationException(erased.Problem.Detail) : erased.Value;
    }
}

[DurableTask("FindDaysToErase")]
internal sealed class FindDaysToErase(EraseTickets erase) : TaskActivity<EraseRequest, IReadOnlyList<DateOnly>>
{
    public override Task<IReadOnlyList<DateOnly>> RunAsync(TaskActivityContext context, EraseRequest input) => erase.ColdDaysAsync(input, context.Cancellation);
}

[DurableTask("EraseFromDay")]
internal sealed class EraseFromDay(EraseTickets erase) : TaskActivity<EraseDay, ErasureTally>
{
    public override Task<ErasureTally> RunAsync(TaskActivityContext context, EraseDay input) => erase.FromDayAsync(input.Request, input.Day, context.Cancellation);
}

[DurableTask("ListShards")]
internal sealed class ListShards(ShardSet shards) : TaskActivity<object?, List<string>>
{
    public override Task<List<string>> RunAsync(TaskActivityContext context, object? input) => Task.FromResult(shards.All.Select(shard => shard.Name).Order(StringComparer.Ordinal).ToList());
}

[DurableTask("EraseFromLog")]
internal sealed class EraseFromLog(EraseTickets erase) : TaskActivity<EraseShard, long>
{
    public override Task<long> RunAsync(TaskActivityContext context, EraseShard input) => erase.FromLogAsync(input.Request, input.Shard, context.Cancellation);
}

[DurableTask("EraseFromResults")]
internal sealed class EraseFromResults(EraseTickets erase) : TaskActivity<EraseRequest, long>
{
    public override Task<long> RunAsync(TaskActivityContext context, EraseRequest input) => erase.FromResultsAsync(input, context.Cancellation);
}
