using System.Text.Json.Serialization;
using Tickets.Core.Access;
using Tickets.Core.Archive;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Archive;

/// <summary>The archiver by the clock, and on an operator's word.</summary>
internal static class ArchiveFunctions
{
    // Well inside the shortest limits that hosts set: five minutes for a function, 230 seconds for an HTTP answer.
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(3);

    // A caller over HTTP is not kept waiting for a long run, nor for one that was under way before his.
    private static readonly TimeSpan LongestRunOverHttp = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(50);

    public static void Declare(FunctionCatalog functions)
    {
        functions.MapTimer("ArchiveClosedTickets", "0 */5 * * * *", RunByClockAsync);
        functions.MapTimer("KeepColdTier", "30 2/10 * * * *", (services, run, cancel) => KeepAsync(services, run, whole: false, cancel));
        functions.MapTimer("SweepColdTier", "30 27 3 * * *", (services, run, cancel) => KeepAsync(services, run, whole: true, cancel));
        functions.MapPost("/archive/runs", RunNowAsync).WithName("RunArchive").Describes(ArchiveDescriptions.Run).Requires(Permission.Operate).OfAllQueues().AcceptsQuery("queue");
    }

    private static async Task RunByClockAsync(IServiceProvider services, TimerRun run, CancellationToken cancel)
    {
        var report = await services.GetRequiredService<ArchiveClosedTickets>().RunAsync(LongestRun, cancel);
        run.Log.Add($"archived {report.Tickets} tickets into {report.Parts} parts of {report.Days} days");
        if (report.Failures.Count > 0)
            throw new InvalidOperationException($"{report.Failures.Count} queues could not be archived; the first: {report.Failures[0].Queue} on {report.Failures[0].Shard}, {report.Failures[0].Reason}");
    }

    private static async Task KeepAsync(IServiceProvider services, TimerRun run, bool whole, CancellationToken cancel)
    {
        var report = await services.GetRequiredService<ColdUpkeep>().RunAsync(LongestRun, whole, cancel);
        run.Log.Add($"merged {report.Compaction.Merged} parts of {report.Compaction.Days} days into {report.Compaction.Written}, deleted {report.Deleted} blobs, found {report.Orphans} orphans, moved {report.Tiered} parts to other tiers");
        if (report.Compaction.Failures is [var first, ..])
            throw new InvalidOperationException($"The cold tier of {report.Compaction.Failures.Count} queues could not be kept; the first: {first.Queue}, {first.Reason}");
    }

    private static async Task RunNowAsync(HttpContext context)
    {
        if (context.HasBody())
        {
            var read = await context.ReadJson();
            using var body = read.Value;
            if ((read.IsProblem ? read.Problem : ArchiveClosedTickets.Fault(body!.RootElement)) is { } problem)
            {
                await context.AnswerProblem(problem);
                return;
            }
        }

        var runs = context.Service<ArchiveClosedTickets>();
        if (context.Parameter("queue") is { } queue)
            await context.Answer(await runs.RunQueueAsync(queue, LongestRunOverHttp, LongestAnswer, context.RequestAborted), ArchiveJson.Default.ArchiveReport);
        else
            await context.Answer(await runs.RunAsync(LongestRunOverHttp, LongestAnswer, context.RequestAborted), ArchiveJson.Default.ArchiveReport);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ArchiveReport))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
