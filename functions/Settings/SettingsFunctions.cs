using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Settings;

/// <summary>Workflows and queues. Their ids are paths, so they stand in the query rather than in the path.</summary>
internal static class SettingsFunctions
{
    public static void Declare(FunctionCatalog functions)
    {
        functions.MapGet("/workflows", GetWorkflows).WithName("GetWorkflows").Describes(SettingsDescriptions.GetWorkflows).Requires(Permission.Read).AcceptsQuery("workflow_id");
        functions.MapPut("/workflows", PutWorkflow).WithName("PutWorkflow").Describes(SettingsDescriptions.PutWorkflow).Requires(Permission.Administer).AcceptsQuery("workflow_id");
        functions.MapGet("/queues", GetQueues).WithName("GetQueues").Describes(SettingsDescriptions.GetQueues).Requires(Permission.Read).AcceptsQuery("queue", "prefix");
        functions.MapPut("/queues", PutQueue).WithName("PutQueue").Describes(SettingsDescriptions.PutQueue).Requires(Permission.Administer).AcceptsQuery("queue");
    }

    private static async Task GetWorkflows(HttpContext context)
    {
        var reached = context.Service<SettingsCache>().Current.WorkflowsOf(context.Caller());
        if (context.Parameter("workflow_id") is not { } id)
        {
            var all = reached.Select(known => known.Definition).OrderBy(known => known.WorkflowId, StringComparer.Ordinal).ToList();
            await context.Answer(new WorkflowList(all), TicketsJson.Default.WorkflowList);
            return;
        }

        // Out of reach it is as if it were not there: names are not told apart.
        if (reached.FirstOrDefault(known => known.Definition.WorkflowId == id) is { } workflow)
            await AnswerSetting(context, workflow.Definition, workflow.Definition.Revision, TicketsJson.Default.Workflow);
        else
            await context.AnswerProblem(Problems.NotFound($"There is no workflow '{id}'."));
    }

    private static async Task GetQueues(HttpContext context)
    {
        var settings = context.Service<SettingsCache>();
        var caller = context.Caller();
        if (context.Parameter("queue") is { } name)
        {
            if (!caller.Reaches(name))
                await context.AnswerProblem(Problems.ForbiddenQueue(name));
            else if (await settings.FindQueueAsync(name, context.RequestAborted) is { } queue)
                await AnswerSetting(context, queue.Definition, queue.Definition.Revision, TicketsJson.Default.Queue);
            else
                await context.AnswerProblem(Problems.NotFound($"There is no queue '{name}'."));
            return;
        }

        var prefix = context.Parameter("prefix") ?? "";
        var reached = settings.Current.Queues.Values.Select(known => known.Definition)
            .Where(known => caller.Reaches(known.Name) && known.Name.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(known => known.Name, StringComparer.Ordinal).ToList();
        await context.Answer(new QueueList(reached), TicketsJson.Default.QueueList);
    }

    private static Task PutWorkflow(HttpContext context) => Put(
        context,
        "workflow_id",
        (writes, id, body, precondition, cancel) => writes.PutWorkflowAsync(id, body, precondition, context.Caller(), cancel),
        workflow => workflow.Revision,
        TicketsJson.Default.Workflow);

    private static async Task PutQueue(HttpContext context)
    {
        if (context.Parameter("queue") is { } name && !context.Caller().Reaches(name))
        {
            await context.AnswerProblem(Problems.ForbiddenQueue(name));
            return;
        }

        await Put(
            context,
            "queue",
            (writes, id, body, precondition, cancel) => writes.PutQueueAsync(id, body, precondition, context.Caller(), cancel),
            queue => queue.Revision,
            TicketsJson.Default.Queue);
    }

    private static async Task Put<T>(
        HttpContext context,
        string parameter,
        Func<SettingsWrites, string, System.Text.Json.JsonElement, PutPrecondition, CancellationToken, Task<Result<T>>> put,
        Func<T, long?> revision,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        var precondition = Revisions.Precondition(context.Request);
        if (precondition.IsProblem)
        {
            await context.AnswerProblem(precondition.Problem);
            return;
        }

        if (context.Parameter(parameter) is not { Length: > 0 } id)
        {
            await context.AnswerProblem(Problems.InvalidParameter(parameter, "this parameter is required."));
            return;
        }

        await context.WithBody(async body =>
        {
            var result = await put(context.Service<SettingsWrites>(), id, body, precondition.Value, context.RequestAborted);
            await (result.IsProblem ? context.AnswerProblem(result.Problem) : AnswerSetting(context, result.Value, revision(result.Value), type));
        });
    }

    private static Task AnswerSetting<T>(HttpContext context, T setting, long? revision, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        context.Response.Headers.ETag = $"\"{revision}\"";
        return context.Answer(setting, type);
    }
}
