using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Search;
using Tickets.Core.Settings;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Search;

internal static class SearchFunctions
{
    public static void Declare(FunctionCatalog functions)
    {
        functions.MapPost("/tickets/find", Find).WithName("FindTickets").Describes(SearchDescriptions.Find).Requires(Permission.Read);
        functions.MapGet("/queues/index-usage", GetIndexUsage).WithName("GetIndexUsage").Describes(SearchDescriptions.IndexUsage).Requires(Permission.Read).AcceptsQuery("queue");
    }

    private static Task Find(HttpContext context) => context.AnswerBody(body => context.Service<FindTickets>().FindAsync(body, context.Caller(), context.RequestAborted));

    private static async Task GetIndexUsage(HttpContext context)
    {
        var name = context.Parameter("queue");
        if (name is null or "")
            await context.AnswerProblem(Problems.InvalidParameter("queue", "this parameter is required."));
        else if (!context.Caller().Reaches(name))
            await context.AnswerProblem(Problems.ForbiddenQueue(name));
        else if (await context.Service<SettingsCache>().FindQueueAsync(name, context.RequestAborted) is { } queue)
            await context.Answer(await context.Service<IndexUsage>().ReadAsync(queue, context.RequestAborted), TicketsJson.Default.QueueIndexUsage);
        else
            await context.AnswerProblem(Problems.NotFound($"There is no queue '{name}'."));
    }
}
