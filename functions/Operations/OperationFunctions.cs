using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Operations;
using Tickets.Core.Operations.QueueMoves;
using Tickets.Core.Platform;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Operations;

/// <summary>Long operations: 202 with <c>Operation-Location</c> at the start, then one way to ask, cancel and fetch for all of them.</summary>
internal static class OperationFunctions
{
    private const long MaxEraseBytes = 256 * 1024;

    public static void Declare(FunctionCatalog functions)
    {
        functions.MapPost("/cold/scans", StartScan).WithName("StartScan").Describes(OperationDescriptions.Scan).Requires(Permission.Operate);
        functions.MapPost("/cold/erasures", StartErasure).WithName("StartErasure").Describes(OperationDescriptions.Erase).Requires(Permission.Operate).WithMaxBody(MaxEraseBytes);
        functions.MapPost("/cold/index-rebuilds", StartIndexRebuild).WithName("StartIndexRebuild").Describes(OperationDescriptions.RebuildIndex).Requires(Permission.Operate);
        functions.MapPost("/tickets/{ticket_id}/restore", StartRestore).WithName("RestoreTicket").Describes(OperationDescriptions.Restore).Requires(Permission.Operate);
        functions.MapPost("/queues/moves", StartQueueMove).WithName("StartQueueMove").Describes(OperationDescriptions.MoveQueue).Requires(Permission.Administer);
        functions.MapGet("/operations", List).WithName("ListOperations").Describes(OperationDescriptions.List).Requires(Permission.Read).AcceptsQuery("status", "cursor");
        functions.MapGet("/operations/{operation_id}", Get).WithName("GetOperation").Describes(OperationDescriptions.Get).Requires(Permission.Read);
        functions.MapGet("/operations/{operation_id}/result", GetResult).WithName("GetOperationResult").Describes(OperationDescriptions.Result).Requires(Permission.Read);
        functions.MapPost("/operations/{operation_id}/cancel", Cancel).WithName("CancelOperation").Describes(OperationDescriptions.Cancel).Requires(Permission.Operate);
        functions.MapTimer("ForgetOperations", "50 17 4 * * *", async (services, run, cancel) =>
            run.Log.Add($"forgot {await services.GetRequiredService<LongOperations>().ForgetAsync(cancel)} operations and results"));
    }

    private static Task StartScan(HttpContext context) => Start(context, body => Cold(context).ScanAsync(body, context.Caller(), context.RequestAborted));

    private static Task StartErasure(HttpContext context) => Start(context, body => Cold(context).EraseAsync(body, context.Caller(), context.RequestAborted));

    private static Task StartIndexRebuild(HttpContext context) => Start(context, body => Cold(context).RebuildIndexAsync(body, context.Caller(), context.RequestAborted));

    private static Task StartRestore(HttpContext context) =>
        Start(context, body => Cold(context).RestoreAsync(context.RouteValue("ticket_id"), body, context.Caller(), context.RequestAborted));

    private static Task StartQueueMove(HttpContext context) =>
        Start(context, body => context.Service<QueueOperations>().MoveAsync(body, context.Caller(), context.RequestAborted));

    private static Task Start(HttpContext context, Func<JsonElement, Task<Result<Operation>>> start) => context.WithBody(async body =>
    {
        var started = await start(body);
        if (started.IsProblem)
        {
            await context.AnswerProblem(started.Problem);
            return;
        }

        context.Response.Headers["Operation-Location"] = $"/{FunctionCatalog.RoutePrefix}/{FunctionCatalog.Version}/operations/{started.Value.Id}";
        context.Response.Headers.RetryAfter = "1";
        await context.Answer(started.Value, TicketsJson.Default.Operation, StatusCodes.Status202Accepted);
    });

    private static async Task Get(HttpContext context)
    {
        var found = await Operations(context).GetAsync(Id(context), context.Caller(), context.RequestAborted);
        if (found is { IsProblem: false, Value.Status: "not_started" or "running" })
            context.Response.Headers.RetryAfter = "1";
        await context.Answer(found, TicketsJson.Default.Operation);
    }

    private static async Task List(HttpContext context) => await context.Answer(
        await Operations(context).ListAsync(context.Parameter("status"), context.Parameter("cursor"), context.Caller(), context.RequestAborted), TicketsJson.Default.OperationList);

    private static async Task Cancel(HttpContext context) =>
        await context.Answer(await Operations(context).CancelAsync(Id(context), context.Caller(), context.RequestAborted), TicketsJson.Default.Operation);

    /// <summary>Streams the pieces one after the other: the result may be larger than memory.</summary>
    private static async Task GetResult(HttpContext context)
    {
        var result = await Operations(context).ResultAsync(Id(context), context.Caller(), context.RequestAborted);
        if (result.IsProblem)
        {
            await context.AnswerProblem(result.Problem);
            return;
        }

        context.Response.ContentType = "application/x-ndjson";
        await foreach (var piece in result.Value.Pieces)
            await piece.CopyToAsync(context.Response.Body, context.RequestAborted);
        await context.Response.CompleteAsync();
    }

    private static ColdOperations Cold(HttpContext context) => context.Service<ColdOperations>();

    private static LongOperations Operations(HttpContext context) => context.Service<LongOperations>();

    private static string Id(HttpContext context) => context.RouteValue("operation_id");
}
