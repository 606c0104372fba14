using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Ticketing;
using Tickets.Core.Ticketing.Reading;
using Tickets.Core.Ticketing.Requests;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Ticketing;

internal static class TicketFunctions
{
    private const long MaxBulkBytes = 16 * 1024 * 1024;
    private const string StorageRequestsHeader = "x-storage-requests";

    public static void Declare(FunctionCatalog functions)
    {
        functions.MapPost("/nonces", TakeNonces).WithName("TakeNonces").Describes(TicketDescriptions.TakeNonces).Requires(Permission.Write);
        functions.MapPost("/tickets", Create).WithName("CreateTicket").Describes(TicketDescriptions.Create).Requires(Permission.Write);
        functions.MapPost("/tickets/bulk", Bulk).WithName("BulkTickets").Describes(TicketDescriptions.Bulk).Requires(Permission.Write).WithMaxBody(MaxBulkBytes);
        functions.MapGet("/tickets/{ticket_id}", Get).WithName("GetTicket").Describes(TicketDescriptions.Get).Requires(Permission.Read).AcceptsQuery("queue", "projection");
        functions.MapPatch("/tickets/{ticket_id}", Update).WithName("UpdateTicket").Describes(TicketDescriptions.Update).Requires(Permission.Write);
        functions.MapPost("/tickets/{ticket_id}/accept", Accept).WithName("AcceptTicket").Describes(TicketDescriptions.Accept).Requires(Permission.Write);
    }

    private static Task TakeNonces(HttpContext context) => context.WithOptionalBody(async body =>
    {
        var count = NoncesRequestReader.Read(body);
        if (count.IsProblem)
            await context.AnswerProblem(count.Problem);
        else
            await context.Answer(await context.Service<TicketWrites>().TakeNoncesAsync(count.Value, context.Caller(), context.RequestAborted), TicketsJson.Default.NoncesResponse);
    });

    private static Task Create(HttpContext context) =>
        context.AnswerBody(body => context.Service<TicketWrites>().CreateAsync(body, context.Caller(), context.RequestAborted), TicketsJson.Default.CreateTicketResponse);

    private static Task Bulk(HttpContext context) => context.AnswerBody(body => context.Service<BulkWrites>().WriteAsync(body, context.Caller(), context.RequestAborted));

    private static async Task Get(HttpContext context)
    {
        var projection = context.Parameter("projection")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var ticket = await context.Service<TicketReads>().GetAsync(context.RouteValue("ticket_id"), context.Parameter("queue"), projection, context.Caller(), context.RequestAborted);
        if (ticket.IsProblem)
        {
            await context.AnswerProblem(ticket.Problem);
            return;
        }

        context.Response.Headers.ETag = $"\"{ticket.Value.Version}\"";
        if (ticket.Value.StorageRequests is { } requests)
            context.Response.Headers[StorageRequestsHeader] = requests.ToString();
        await context.AnswerJson(ticket.Value.Json);
    }

    private static async Task Update(HttpContext context)
    {
        // "*" asks only that there is a ticket (RFC 9110, 13.1.1), and of what is not there nothing is changed anyway.
        var ifMatch = context.Request.Headers.IfMatch is ["*"] ? (long?)null : Revisions.Read(context.Request.Headers.IfMatch, "ticket version");
        var key = context.Request.IdempotencyKey();
        if ((ifMatch.Problem ?? key.Problem) is { } problem)
        {
            await context.AnswerProblem(problem);
            return;
        }

        await context.AnswerBody(
            body => context.Service<TicketWrites>().UpdateAsync(context.RouteValue("ticket_id"), body, context.Caller(), ifMatch.Value, key.Value, context.RequestAborted),
            TicketsJson.Default.UpdateTicketResponse);
    }

    private static Task Accept(HttpContext context) => context.AnswerBody(
        body => context.Service<TicketWrites>().AcceptAsync(context.RouteValue("ticket_id"), body, context.Caller(), context.RequestAborted), TicketsJson.Default.UpdateTicketResponse);
}
