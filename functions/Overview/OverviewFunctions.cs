using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Operations.Overview;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Overview;

/// <summary>The operations page. The page itself is open and holds no data: it asks for a key, keeps it in memory, and reads the overview with it.</summary>
internal static class OverviewFunctions
{
    public static void Declare(FunctionCatalog functions)
    {
        functions.MapGet("/overview", Read).WithName("ReadOverview").Describes(OverviewDescriptions.Read).Requires(Permission.Operate).OfAllQueues();
        functions.MapPage("/ops", context => context.AnswerFile(Pages.Read("ops.html"), "text/html; charset=utf-8")).WithName("OpsPage").Open().Describes(OverviewDescriptions.Page);
        functions.MapPage("/ops/{file}", File).WithName("OpsFile").Open().Describes(OverviewDescriptions.File);
    }

    private static async Task Read(HttpContext context) =>
        await context.Answer(await context.Service<ReadOverview>().ReadAsync(context.RequestAborted), TicketsJson.Default.SystemOverview);

    private static Task File(HttpContext context) => context.RouteValue("file") switch
    {
        "ops.js" => context.AnswerFile(Pages.Read("ops.js"), "text/javascript; charset=utf-8"),
        "ops.css" => context.AnswerFile(Pages.Read("ops.css"), "text/css; charset=utf-8"),
        _ => context.AnswerProblem(HttpProblems.NotFound),
    };
}
