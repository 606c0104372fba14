using Tickets.Core.Access;
using Tickets.Core.Search;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Search;

internal static class SearchFunctions
{
    public static void Declare(FunctionCatalog functions) =>
        functions.MapPost("/tickets/find", Find).WithName("FindTickets").Requires(Permission.Read);

    private static async Task Find(HttpContext context)
    {
        var read = await context.ReadJson();
        using var body = read.Value;
        if (read.IsProblem)
        {
            await context.AnswerProblem(read.Problem);
            return;
        }

        var found = await context.Service<FindTickets>().FindAsync(body!.RootElement, context.Caller(), context.RequestAborted);
        await (found.IsProblem ? context.AnswerProblem(found.Problem) : context.AnswerJson(found.Value));
    }
}
