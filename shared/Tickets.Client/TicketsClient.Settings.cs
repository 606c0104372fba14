using Tickets.Client.Transport;
using Tickets.Contracts;

namespace Tickets.Client;

public sealed partial class TicketsClient
{
    public async Task<IReadOnlyList<Workflow>> ListWorkflowsAsync(CancellationToken cancel = default) =>
        (await AskAsync(Get("/workflows"), TicketsJson.Default.WorkflowList, cancel)).Workflows;

    /// <exception cref="TicketsProblemException">404 when there is none of this name.</exception>
    public Task<Workflow> GetWorkflowAsync(string workflowId, CancellationToken cancel = default) =>
        AskAsync(Get(Route.To("/workflows", ("workflow_id", workflowId))), TicketsJson.Default.Workflow, cancel);

    /// <summary>Creates or replaces a workflow and returns it as stored, with its new revision.</summary>
    /// <exception cref="TicketsProblemException">400 <c>invalid_workflow</c> with every fault; 412 when the condition does not hold.</exception>
    public Task<Workflow> PutWorkflowAsync(Workflow workflow, RevisionCondition condition, CancellationToken cancel = default)
    {
        var put = Send(HttpMethod.Put, Route.To("/workflows", ("workflow_id", workflow.WorkflowId)), workflow, TicketsJson.Default.Workflow);
        return AskAsync(condition.On(put), TicketsJson.Default.Workflow, cancel);
    }

    /// <param name="prefix">Only queues whose names begin so.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task<IReadOnlyList<Queue>> ListQueuesAsync(string? prefix = null, CancellationToken cancel = default) =>
        (await AskAsync(Get(Route.To("/queues", ("prefix", prefix))), TicketsJson.Default.QueueList, cancel)).Queues;

    /// <exception cref="TicketsProblemException">404 when there is none of this name.</exception>
    public Task<Queue> GetQueueAsync(string queue, CancellationToken cancel = default) =>
        AskAsync(Get(Route.To("/queues", ("queue", queue))), TicketsJson.Default.Queue, cancel);

    /// <summary>How well a queue's indexes serve its searches.</summary>
    public Task<QueueIndexUsage> GetIndexUsageAsync(string queue, CancellationToken cancel = default) =>
        AskAsync(Get(Route.To("/queues/index-usage", ("queue", queue))), TicketsJson.Default.QueueIndexUsage, cancel);

    /// <summary>Creates or replaces a queue and returns it as stored, with its new revision.</summary>
    /// <exception cref="TicketsProblemException">400 <c>workflow_not_found</c>, <c>invalid_field</c>; 412 when the condition does not hold.</exception>
    public Task<Queue> PutQueueAsync(Queue queue, RevisionCondition condition, CancellationToken cancel = default)
    {
        var put = Send(HttpMethod.Put, Route.To("/queues", ("queue", queue.Name)), queue, TicketsJson.Default.Queue);
        return AskAsync(condition.On(put), TicketsJson.Default.Queue, cancel);
    }
}
