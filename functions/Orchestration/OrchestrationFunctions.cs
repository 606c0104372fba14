using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Platform;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Orchestration;

/// <summary>Durable orchestrations, for operators and by timer. Instance ids have slashes, so they stand in the query.</summary>
internal static class OrchestrationFunctions
{
    private static readonly TimeSpan PumpBudget = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan EndedKept = TimeSpan.FromHours(1);
    private static readonly TimeSpan FailedKept = TimeSpan.FromDays(30);

    private static readonly Dictionary<string, OrchestrationRuntimeStatus> StatusNames =
        Enum.GetValues<OrchestrationRuntimeStatus>().ToDictionary(status => status.ToString().ToLowerInvariant(), StringComparer.OrdinalIgnoreCase);

    public static void Declare(FunctionCatalog functions)
    {
        functions.MapGet("/orchestrations", List).WithName("ListOrchestrations").Describes(OrchestrationDescriptions.List).Requires(Permission.Operate).OfAllQueues().AcceptsQuery("hub", "instance_id", "name", "status", "prefix", "limit", "cursor");
        functions.MapGet("/orchestrations/health", Health).WithName("OrchestrationHealth").Describes(OrchestrationDescriptions.Health).Requires(Permission.Operate).OfAllQueues();
        functions.MapPost("/orchestrations/terminate", Terminate).WithName("TerminateOrchestration").Describes(OrchestrationDescriptions.Terminate).Requires(Permission.Operate).OfAllQueues().AcceptsQuery("hub", "instance_id");
        functions.MapPost("/orchestrations/resume", Resume).WithName("ResumeOrchestration").Describes(OrchestrationDescriptions.Resume).Requires(Permission.Operate).OfAllQueues().AcceptsQuery("hub", "instance_id");
        functions.MapPost("/orchestrations/rewind", Rewind).WithName("RewindOrchestration").Describes(OrchestrationDescriptions.Rewind).Requires(Permission.Operate).OfAllQueues().AcceptsQuery("hub", "instance_id");
        functions.MapTimer("PumpOrchestrations", "*/10 * * * * *", (services, _, cancel) => services.GetRequiredService<TaskHubs>().PumpAsync(PumpBudget, cancel));
        functions.MapTimer("ForgetOrchestrations", "30 * * * * *", Forget);
    }

    private static async Task List(HttpContext context)
    {
        var reads = context.Service<OrchestrationReads>();
        var hub = context.Parameter("hub") ?? "settings";
        if (context.Parameter("instance_id") is { } id)
        {
            await context.Answer(await reads.FindAsync(hub, id, context.RequestAborted), TicketsJson.Default.OrchestrationSummary);
            return;
        }

        var statuses = new List<OrchestrationRuntimeStatus>();
        foreach (var text in (context.Parameter("status") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            // By name only: parsing would take any number, with a sign or without.
            if (!StatusNames.TryGetValue(text, out var status))
            {
                await context.AnswerProblem(Problems.InvalidParameter("status", $"expected some of {string.Join(", ", StatusNames.Keys)}."));
                return;
            }

            statuses.Add(status);
        }

        var limit = context.Number("limit", 100, 1, 1000);
        if (limit.IsProblem)
        {
            await context.AnswerProblem(limit.Problem);
            return;
        }

        var query = new OrchestrationQuery
        {
            Name = context.Parameter("name"), Statuses = statuses, InstanceIdPrefix = context.Parameter("prefix"), PageSize = limit.Value, ContinuationToken = context.Parameter("cursor"),
        };
        await context.Answer(await reads.ListAsync(hub, query, context.RequestAborted), TicketsJson.Default.OrchestrationList);
    }

    private static async Task Health(HttpContext context) =>
        await context.Answer(await context.Service<OrchestrationReads>().HealthAsync(context.RequestAborted), TicketsJson.Default.OrchestrationHealth);

    private static Task Terminate(HttpContext context) => Act(context, static (client, id) => client.TerminateInstanceAsync(id, recursive: true));

    private static Task Resume(HttpContext context) => Act(context, static (client, id) => client.ResumeInstanceAsync(id));

    private static Task Rewind(HttpContext context) => Act(context, RewindAsync);

    private static async Task<bool> RewindAsync(DurableTaskClient client, string instanceId)
    {
        await client.RewindInstanceAsync(instanceId);
        return true;
    }

    private static async Task Act(HttpContext context, Func<DurableTaskClient, string, Task<bool>> act)
    {
        var name = context.Parameter("hub") ?? "settings";
        if (context.Parameter("instance_id") is not { } id)
        {
            await context.AnswerProblem(Problems.InvalidParameter("instance_id", "this parameter is required."));
            return;
        }

        if (context.Service<OrchestrationReads>().Hub(name) is not { } hub || await hub.Client.GetInstanceAsync(id, cancellation: context.RequestAborted) is null)
        {
            await context.AnswerProblem(Problems.NotFound($"There is no orchestration '{id}' in hub '{name}'."));
            return;
        }

        try
        {
            await context.Answer(new OrchestrationAnswer(name, id, await act(hub.Client, id)), TicketsJson.Default.OrchestrationAnswer);
        }
        catch (OrchestrationStateException refusal)
        {
            await context.AnswerProblem(Problems.Conflict(ProblemCodes.OrchestrationState, "The orchestration is not in a state for this", refusal.Message));
        }
    }

    /// <summary>Ended orchestrations are history of history: the tickets' log tells what they did.</summary>
    private static async Task Forget(IServiceProvider services, TimerRun run, CancellationToken cancel)
    {
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var forgotten = 0;
        foreach (var (_, hub) in services.GetRequiredService<TaskHubs>().All)
        {
            forgotten += await hub.Client.PurgeAllInstancesAsync(new PurgeInstancesFilter(Statuses: [OrchestrationRuntimeStatus.Completed]) { CompletedTo = now - EndedKept }, cancel);
            forgotten += await hub.Client.PurgeAllInstancesAsync(new PurgeInstancesFilter { CompletedTo = now - FailedKept }, cancel);
        }

        run.Log.Add($"forgot {forgotten} ended orchestrations");
    }
}
