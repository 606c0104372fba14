using System.Globalization;
using Microsoft.Net.Http.Headers;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Oplog;
using Tickets.Core.Oplog.Relay;
using Tickets.Core.Platform;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Oplog;

internal static class OplogFunctions
{
    private const int DefaultOps = 100;
    private const string EventBatch = "application/cloudevents-batch+json";

    public static void Declare(FunctionCatalog functions)
    {
        functions.MapGet("/oplog", Read).WithName("ReadOplog").Describes(OplogDescriptions.Read).Requires(Permission.Read).AcceptsQuery("cursor", "max_ops", "queue", "wait");
        functions.MapGet("/oplog/{shard}/{opid}", ReadOne).WithName("ReadOp").Describes(OplogDescriptions.ReadOne).Requires(Permission.Read);
        functions.MapPost("/oplog/{shard}/{opid}/skip", Skip).WithName("SkipRefusedOp").Describes(OplogDescriptions.Skip).Requires(Permission.Operate);
        functions.MapTimer("RelayOplog", "*/5 * * * * *", Relay);
        functions.MapServiceBusTopic("MeasureDelivery", "tickets-oplog", "changes", MeasureDelivery.HandleAsync);
    }

    private static async Task Read(HttpContext context)
    {
        var maxOps = context.Number("max_ops", DefaultOps, 1, ReadOplog.MaxOps);
        var wait = context.Number("wait", 0, 0, ReadOplog.MaxWaitSeconds);
        if ((maxOps.Problem ?? wait.Problem) is { } problem)
        {
            await context.AnswerProblem(problem);
            return;
        }

        var page = await context.Service<ReadOplog>().ReadAsync(
            context.Parameter("cursor"), maxOps.Value, context.Parameter("queue"), TimeSpan.FromSeconds(wait.Value), context.Caller(), context.RequestAborted);
        await (page.IsProblem ? context.AnswerProblem(page.Problem) : Answer(context, page.Value));
    }

    private static Task Answer(HttpContext context, OplogAnswer page)
    {
        if (!WantsEvents(context.Request))
            return context.AnswerCompressible(page.ToJson(), "application/json");
        context.Response.Headers["x-next-cursor"] = page.NextCursor;
        context.Response.Headers["x-polling-delay-ms"] = page.PollingDelayMs.ToString(CultureInfo.InvariantCulture);
        return context.AnswerCompressible(page.ToEventBatch(), EventBatch);
    }

    private static bool WantsEvents(HttpRequest request) =>
        request.Headers.Accept.Count > 0 && MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var types)
            && types.Any(type => type.MediaType.Equals(EventBatch, StringComparison.OrdinalIgnoreCase) && type.Quality is not 0);

    private static async Task ReadOne(HttpContext context)
    {
        if (Opid(context) is not { } opid)
        {
            await context.AnswerProblem(NoName);
            return;
        }

        var op = await context.Service<ReadOplog>().FindAsync(context.RouteValue("shard"), opid, context.Caller(), context.RequestAborted);
        await (op.IsProblem ? context.AnswerProblem(op.Problem) : context.AnswerCompressible(op.Value, "application/json"));
    }

    /// <summary>For an op that Service Bus refuses whatever is done: the relay of its shard goes on without it.</summary>
    private static Task Skip(HttpContext context) => Opid(context) is { } opid
        ? context.AnswerBody(body => context.Service<SkipRefusedOp>().SkipAsync(context.RouteValue("shard"), opid, body, context.Caller(), context.RequestAborted), TicketsJson.Default.SkippedOp)
        : context.AnswerProblem(NoName);

    private static Problem NoName => Problems.NotFound("An op is named by its shard and its opid, a whole number.");

    private static long? Opid(HttpContext context) => long.TryParse(context.RouteValue("opid"), NumberStyles.None, CultureInfo.InvariantCulture, out var opid) ? opid : null;

    /// <summary>For hosts where no process lives on between requests; where one does, it has the relay already and this finds nothing to do.</summary>
    private static async Task Relay(IServiceProvider services, TimerRun run, CancellationToken cancel)
    {
        if (services.GetService<OplogRelay>() is { } relay && await relay.DrainAsync(cancel) is > 0 and var published)
            run.Log.Add($"published {published} ops");
    }
}
