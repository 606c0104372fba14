using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Settings;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Access;

/// <summary>API keys, who one is, and who changed what.</summary>
internal static class KeyFunctions
{
    public static void Declare(FunctionCatalog functions)
    {
        functions.MapGet("/keys", List).WithName("ListKeys").Describes(KeyDescriptions.List).Requires(Permission.Administer).AcceptsQuery("prefix", "cursor", "limit");
        functions.MapPost("/keys", Create).WithName("CreateKey").Describes(KeyDescriptions.Create).Requires(Permission.Administer);
        functions.MapGet("/keys/{key_id}", Get).WithName("GetKey").Describes(KeyDescriptions.Get).Requires(Permission.Administer);
        functions.MapPost("/keys/{key_id}/rotate", Rotate).WithName("RotateKey").Describes(KeyDescriptions.Rotate).Requires(Permission.Administer);
        functions.MapDelete("/keys/{key_id}", Revoke).WithName("RevokeKey").Describes(KeyDescriptions.Revoke).Requires(Permission.Administer);
        functions.MapGet("/caller", GetCaller).WithName("GetCaller").Describes(KeyDescriptions.GetCaller).Requires(Permission.Read);
        functions.MapGet("/settings/audit", ReadAudit).WithName("ReadAudit").Describes(KeyDescriptions.ReadAudit).Requires(Permission.Administer).AcceptsQuery("target", "cursor", "limit");
    }

    private static async Task List(HttpContext context)
    {
        var limit = context.Number("limit", 100, 1, ApiKeys.MaxPage);
        if (limit.IsProblem)
            await context.AnswerProblem(limit.Problem);
        else
            await context.Answer(await Keys(context).ListAsync(context.Parameter("prefix") ?? "", context.Parameter("cursor"), limit.Value, context.Caller(), context.RequestAborted), TicketsJson.Default.KeyList);
    }

    private static Task Create(HttpContext context) => Make(context, (body, retry) => Keys(context).CreateAsync(body, retry, context.Caller(), context.RequestAborted));

    private static Task Rotate(HttpContext context) => Make(context, (body, retry) => Keys(context).RotateAsync(Id(context), body, retry, context.Caller(), context.RequestAborted));

    private static async Task Make(HttpContext context, Func<System.Text.Json.JsonElement, string?, Task<Core.Platform.Result<Key>>> make)
    {
        var retry = context.Request.IdempotencyKey();
        if (retry.IsProblem)
        {
            await context.AnswerProblem(retry.Problem);
            return;
        }

        await context.WithOptionalBody(async body =>
        {
            var made = await make(body, retry.Value);
            // The only answer with a secret of ours in it; nothing on the way may keep it.
            if (!made.IsProblem)
                context.Response.Headers.CacheControl = "no-store";
            await context.Answer(made, TicketsJson.Default.Key);
        });
    }

    private static async Task Get(HttpContext context) =>
        await context.Answer(await Keys(context).FindAsync(Id(context), context.Caller(), context.RequestAborted), TicketsJson.Default.Key);

    private static async Task Revoke(HttpContext context) =>
        await context.Answer(await Keys(context).RevokeAsync(Id(context), context.Caller(), context.RequestAborted), TicketsJson.Default.Key);

    private static Task GetCaller(HttpContext context)
    {
        var caller = context.Caller();
        return context.Answer(
            new CallerInfo(caller.KeyId, caller.Role.Text(), caller.QueuePrefixes, caller.ExpiresAt, caller.Limits?.PerMinute, caller.Limits?.PerDay), TicketsJson.Default.CallerInfo);
    }

    private static async Task ReadAudit(HttpContext context)
    {
        var limit = context.Number("limit", 100, 1, AuditLog.MaxPage);
        if (limit.IsProblem)
            await context.AnswerProblem(limit.Problem);
        else
            await context.Answer(
                await context.Service<AuditLog>().ReadAsync(context.Parameter("target"), context.Parameter("cursor"), limit.Value, context.Caller(), context.RequestAborted), TicketsJson.Default.AuditPage);
    }

    private static ApiKeys Keys(HttpContext context) => context.Service<ApiKeys>();

    private static string Id(HttpContext context) => context.RouteValue("key_id");
}
