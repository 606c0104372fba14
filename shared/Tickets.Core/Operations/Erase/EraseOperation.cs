using Tickets.Contracts;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Parts;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing;

namespace Tickets.Core.Operations.Erase;

public sealed record EraseHot(string Operation, EraseRequest Request);

public sealed record EraseDay(QueueDay Day, IReadOnlyList<ErasedTicket> Tickets);

public sealed record EraseShard(string Shard, IReadOnlyList<ErasedTicket> Tickets);

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
            var hot = await EraseHotAsync(context, new EraseHot(context.InstanceId, input));
            if (hot.Tickets.Count == 0)
                return OperationOutcome.Succeeded(EraseReport.Nothing);
            var report = EraseReport.Nothing with { Tickets = hot.There };
            var days = await context.CallActivityAsync<List<QueueDay>>("FindDaysToErase", hot.Tickets, OperationSteps.Retrying);
            context.Report(1, days.Count + 3, "steps");
            for (var i = 0; i < days.Count; i++)
            {
                report += await EraseDayAsync(context, new EraseDay(days[i], hot.Tickets));
                context.Report(i + 2, days.Count + 3, "steps");
            }

            var shards = await context.CallActivityAsync<List<string>>("ListShards", null, OperationSteps.Retrying);
            var ops = await Task.WhenAll(shards.Select(shard => context.CallActivityAsync<long>("EraseFromLog", new EraseShard(shard, hot.Tickets), OperationSteps.Retrying)));
            context.Report(days.Count + 2, days.Count + 3, "steps");
            report += EraseReport.Nothing with { Ops = ops.Sum(), ResultLines = await context.CallActivityAsync<long>("EraseFromResults", hot.Tickets, OperationSteps.Retrying) };
            context.Report(days.Count + 3, days.Count + 3, "steps");
            return OperationOutcome.Succeeded(report);
        }
        catch (TaskFailedException fault)
        {
            return OperationOutcome.Failed(fault);
        }
    }

    private static async Task<HotErasure> EraseHotAsync(TaskOrchestrationContext context, EraseHot request)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var erased = await context.CallActivityAsync<HotErasure>("EraseFromHot", request, OperationSteps.Retrying);
            if (erased.Offline is null)
                return erased;
            await context.CreateTimer(Later);
        }

        throw new InvalidOperationException("A part did not come back from the archive access tier in time.");
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

        throw new InvalidOperationException($"Day {day.Day.Day:yyyy-MM-dd} of queue '{day.Day.Queue}' changed again and again while it was erased.");
    }
}

[DurableTask("EraseFromHot")]
internal sealed class EraseFromHot(EraseTickets erase, ColdParts parts) : TaskActivity<EraseHot, HotErasure>
{
    public override async Task<HotErasure> RunAsync(TaskActivityContext context, EraseHot input)
    {
        var erased = await erase.FromHotAsync(input.Request, input.Operation, context.Cancellation);
        if (erased.IsProblem)
            throw new InvalidOperationException(erased.Problem.Detail);
        if (erased.Value.Offline is { } offline)
            await parts.TrySetTierAsync(offline, "Hot", context.Cancellation);
        return erased.Value;
    }
}

[DurableTask("FindDaysToErase")]
internal sealed class FindDaysToErase(EraseTickets erase) : TaskActivity<List<ErasedTicket>, IReadOnlyList<QueueDay>>
{
    public override Task<IReadOnlyList<QueueDay>> RunAsync(TaskActivityContext context, List<ErasedTicket> input) => erase.ColdDaysAsync(input, context.Cancellation);
}

[DurableTask("EraseFromDay")]
internal sealed class EraseFromDay(EraseTickets erase) : TaskActivity<EraseDay, ErasureTally>
{
    public override Task<ErasureTally> RunAsync(TaskActivityContext context, EraseDay input) => erase.FromDayAsync(input.Day, input.Tickets, context.Cancellation);
}

[DurableTask("ListShards")]
internal sealed class ListShards(ShardSet shards) : TaskActivity<object?, List<string>>
{
    public override Task<List<string>> RunAsync(TaskActivityContext context, object? input) => Task.FromResult(shards.All.Select(shard => shard.Name).Order(StringComparer.Ordinal).ToList());
}

[DurableTask("EraseFromLog")]
internal sealed class EraseFromLog(EraseTickets erase) : TaskActivity<EraseShard, long>
{
    public override Task<long> RunAsync(TaskActivityContext context, EraseShard input) => erase.FromLogAsync(input.Tickets, input.Shard, context.Cancellation);
}

[DurableTask("EraseFromResults")]
internal sealed class EraseFromResults(EraseTickets erase) : TaskActivity<List<ErasedTicket>, long>
{
    public override Task<long> RunAsync(TaskActivityContext context, List<ErasedTicket> input) => erase.FromResultsAsync(input, context.Cancellation);
}
