using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Notifications;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Lifecycle;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Notifications;

/// <summary>Messages to users and groups, and the upkeep of what tickets do by themselves.</summary>
internal static class NotificationFunctions
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    public static void Declare(FunctionCatalog functions)
    {
        functions.MapGet("/notifications", Read).WithName("ReadNotifications").Describes(NotificationDescriptions.Read).Requires(Permission.Read).AcceptsQuery("recipient", "cursor", "limit");
        functions.MapPost("/lifecycles/sweep", Sweep).WithName("SweepLifecycles").Describes(NotificationDescriptions.Sweep).Requires(Permission.Operate).OfAllQueues().AcceptsQuery("queue");
        functions.MapTimer("SweepTicketLifecycles", "0 * * * * *", async (services, run, cancel) =>
            run.Log.Add((await services.GetRequiredService<LifecycleSweep>().RunAsync(onlySettings: false, cancel)).ToString()));
        functions.MapTimer("TellLifecyclesOfSettings", "*/2 * * * * *", (services, _, cancel) => services.GetRequiredService<LifecycleSweep>().RunAsync(onlySettings: true, cancel));
        functions.MapTimer("ForgetNotifications", "15 */10 * * * *", async (services, run, cancel) =>
            run.Log.Add($"forgot {await services.GetRequiredService<ReadNotifications>().ForgetAsync(Kept, cancel)} notifications"));
    }

    private static async Task Read(HttpContext context)
    {
        if (context.Parameter("recipient") is not { Length: > 0 } recipient)
        {
            await context.AnswerProblem(Problems.InvalidParameter("recipient", "this parameter is required: a user or a group."));
            return;
        }

        var limit = context.Number("limit", 100, 1, ReadNotifications.MaxPage);
        if (limit.IsProblem)
        {
            await context.AnswerProblem(limit.Problem);
            return;
        }

        var page = await context.Service<ReadNotifications>().ReadAsync(recipient, context.Parameter("cursor"), limit.Value, context.Caller(), context.RequestAborted);
        await context.Answer(page, TicketsJson.Default.NotificationPage);
    }

    private static async Task Sweep(HttpContext context) =>
        await context.Answer(await context.Service<LifecycleSweep>().RunAsync(onlySettings: false, context.RequestAborted, context.Parameter("queue")), TicketsJson.Default.SweepReport);
}
