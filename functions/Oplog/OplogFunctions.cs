using System.Globalization;
using Tickets.Core.Access;
using Tickets.Core.Oplog;
using Tickets.Core.Platform;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Oplog;

internal static class OplogFunctions
{
    private const int DefaultOps = 100;

    public static void Declare(FunctionCatalog functions) =>
        functions.MapGet("/oplog", Read).WithName("ReadOplog").Requires(Permission.Read).AcceptsQuery("cursor", "max_ops", "queue", "wait");

    private static async Task Read(HttpContext context)
    {
        var maxOps = Number(context, "max_ops", DefaultOps, 1, ReadOplog.MaxOps);
        var wait = Number(context, "wait", 0, 0, ReadOplog.MaxWaitSeconds);
        if ((maxOps.Problem ?? wait.Problem) is { } problem)
        {
            await context.AnswerProblem(problem);
            return;
        }

        var page = await context.Service<ReadOplog>().ReadAsync(
            context.Parameter("cursor"), maxOps.Value, context.Parameter("queue"), TimeSpan.FromSeconds(wait.Value), context.Caller(), context.RequestAborted);
        await (page.IsProblem ? context.AnswerProblem(page.Problem) : context.AnswerJson(page.Value));
    }

    private static Result<int> Number(HttpContext context, string name, int fallback, int least, int most)
    {
        if (context.Parameter(name) is not { } text)
            return fallback;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : Problems.InvalidParameter(name, $"expected a whole number from {least} to {most}.");
    }
}
