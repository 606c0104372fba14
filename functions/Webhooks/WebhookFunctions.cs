using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Webhooks;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Webhooks;

/// <summary>The change log for receivers without Service Bus. Whoever makes a webhook has the system call out, hence the operator's role.</summary>
internal static class WebhookFunctions
{
    public static void Declare(FunctionCatalog functions)
    {
        functions.MapGet("/webhooks", List).WithName("ListWebhooks").Describes(WebhookDescriptions.List).Requires(Permission.Operate);
        functions.MapPost("/webhooks", Create).WithName("CreateWebhook").Describes(WebhookDescriptions.Create).Requires(Permission.Operate);
        functions.MapGet("/webhooks/{id}", Get).WithName("GetWebhook").Describes(WebhookDescriptions.Get).Requires(Permission.Operate);
        functions.MapPatch("/webhooks/{id}", SetStatus).WithName("ChangeWebhook").Describes(WebhookDescriptions.Change).Requires(Permission.Operate);
        functions.MapDelete("/webhooks/{id}", Remove).WithName("RemoveWebhook").Describes(WebhookDescriptions.Remove).Requires(Permission.Operate);
        functions.MapPost("/webhooks/{id}/replay", Replay).WithName("ReplayWebhook").Describes(WebhookDescriptions.Replay).Requires(Permission.Operate);
        functions.MapGet("/webhooks/{id}/dead", Dead).WithName("ListDeadDeliveries").Describes(WebhookDescriptions.Dead).Requires(Permission.Operate);
    }

    private static async Task List(HttpContext context) =>
        await context.Answer(new WebhookList(await context.Service<WebhookSubscriptions>().ListAsync(context.Caller(), context.RequestAborted)), TicketsJson.Default.WebhookList);

    private static Task Create(HttpContext context) =>
        context.AnswerBody(body => context.Service<WebhookSubscriptions>().CreateAsync(body, context.Caller(), context.RequestAborted), TicketsJson.Default.Webhook);

    private static async Task Get(HttpContext context) =>
        await context.Answer(await context.Service<WebhookSubscriptions>().FindAsync(context.RouteValue("id"), context.Caller(), context.RequestAborted), TicketsJson.Default.Webhook);

    private static Task SetStatus(HttpContext context) =>
        context.AnswerBody(body => context.Service<WebhookSubscriptions>().SetStatusAsync(context.RouteValue("id"), body, context.Caller(), context.RequestAborted), TicketsJson.Default.Webhook);

    private static Task Replay(HttpContext context) =>
        context.AnswerBody(body => context.Service<WebhookSubscriptions>().ReplayAsync(context.RouteValue("id"), body, context.Caller(), context.RequestAborted), TicketsJson.Default.Webhook);

    private static async Task Remove(HttpContext context)
    {
        var problem = await context.Service<WebhookSubscriptions>().RemoveAsync(context.RouteValue("id"), context.Caller(), context.RequestAborted);
        if (problem is not null)
            await context.AnswerProblem(problem);
        else
            context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task Dead(HttpContext context) =>
        await context.Answer(await context.Service<WebhookSubscriptions>().DeadAsync(context.RouteValue("id"), context.Caller(), context.RequestAborted), TicketsJson.Default.DeadDeliveryList);
}
