using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing;
using Tickets.Core.Ticketing.Reading;
using Tickets.Core.Ticketing.Requests;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Ticketing;

internal static class TicketFunctions
{
    private const long MaxBulkBytes = 16 * 1024 * 1024;
    private const int MaxIdempotencyKey = 128;
    private const string StorageRequestsHeader = "x-storage-requests";

    public static void Declare(FunctionCatalog functions)
    {
        functions.MapPost("/nonces", TakeNonces).WithName("TakeNonces").Requires(Permission.Write);
        functions.MapPost("/tickets", Create).WithName("CreateTicket").Requires(Permission.Write);
        functions.MapPost("/tickets/bulk", Bulk).WithName("BulkTickets").Requires(Permission.Write).WithMaxBody(MaxBulkBytes);
        functions.MapGet("/tickets/{ticket_id}", Get).WithName("GetTicket").Requires(Permission.Read).AcceptsQuery("queue", "projection");
        functions.MapPatch("/tickets/{ticket_id}", Update).WithName("UpdateTicket").Requires(Permission.Write);
        functions.MapPost("/tickets/{ticket_id}/accept", Accept).WithName("AcceptTicket").Requires(Permission.Write);
    }

    private static async Task TakeNonces(HttpContext context)
    {
        if (!context.HasBody())
        {
            await Take(1);
            return;
        }

        var read = await context.ReadJson();
        using var body = read.Value;
        var count = read.IsProblem ? read.Problem : NoncesRequestReader.Read(body!.RootElement);
        await (count.IsProblem ? context.AnswerProblem(count.Problem) : Take(count.Value));

        async Task Take(int number) =>
            await context.Answer(await context.Service<TicketWrites>().TakeNoncesAsync(number, context.Caller(), context.RequestAborted), TicketsJson.Default.NoncesResponse);
    }

    private static async Task Create(HttpContext context)
    {
        var read = await context.ReadJson();
        using var body = read.Value;
        if (read.IsProblem)
            await context.AnswerProblem(read.Problem);
        else
            await context.Answer(await context.Service<TicketWrites>().CreateAsync(body!.RootElement, context.Caller(), context.RequestAborted), TicketsJson.Default.CreateTicketResponse);
    }

    private static async Task Bulk(HttpContext context)
    {
        var read = await context.ReadJson();
        using var body = read.Value;
        var results = read.IsProblem ? read.Problem : await context.Service<BulkWrites>().WriteAsync(body!.RootElement, context.Caller(), context.RequestAborted);
        await (results.IsProblem ? context.AnswerProblem(results.Problem) : context.AnswerJson(results.Value));
    }

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
        var ifMatch = Revisions.Read(context.Request.Headers.IfMatch, "ticket version");
        var key = IdempotencyKey(context.Request);
        if ((ifMatch.Problem ?? key.Problem) is { } problem)
        {
            await context.AnswerProblem(problem);
            return;
        }

        var read = await context.ReadJson();
        using var body = read.Value;
        if (read.IsProblem)
        {
            await context.AnswerProblem(read.Problem);
            return;
        }

        var updated = await context.Service<TicketWrites>().UpdateAsync(
            context.RouteValue("ticket_id"), body!.RootElement, context.Caller(), ifMatch.Value, key.Value, context.RequestAborted);
        await context.Answer(updated, TicketsJson.Default.UpdateTicketResponse);
    }

    private static async Task Accept(HttpContext context)
    {
        var read = await context.ReadJson();
        using var body = read.Value;
        if (read.IsProblem)
            await context.AnswerProblem(read.Problem);
        else
            await context.Answer(await context.Service<TicketWrites>().AcceptAsync(context.RouteValue("ticket_id"), body!.RootElement, context.Caller(), context.RequestAborted), TicketsJson.Default.UpdateTicketResponse);
    }

    private static Result<string?> IdempotencyKey(HttpRequest request)
    {
        var header = request.Headers["Idempotency-Key"];
        if (header.Count == 0)
            return (string?)null;
        return header is [{ Length: > 0 and <= MaxIdempotencyKey } key]
            ? key
            : HttpProblems.InvalidHeader($"Idempotency-Key: one value of 1 to {MaxIdempotencyKey} characters is expected.");
    }
}
