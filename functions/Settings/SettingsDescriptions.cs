using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Settings;

internal static class SettingsDescriptions
{
    private const string Tag = "Settings";
    private const string Flow = """
        {"workflow_id": "incidents/v1", "initial": "reported",
         "statuses": {
           "reported": {"to": ["triaged", "closed"], "lifetime": "PT4H", "remind_every": "PT1H", "group": "dispatch", "on_timeout": "triaged"},
           "triaged": {"to": ["closed"]},
           "closed": {"terminal": true, "resolutions": ["fixed", "no_damage"], "resolution_required": true}},
         "indexed_fields": {"cost": {"type": "int64", "slot": 1}, "state": {"type": "string", "slot": 1}}, "indexes": [["state"], ["state", "cost"]], "revision": 7}
        """;
    private const string Queue = """{"queue": "incidents/birdstrikes", "workflow_id": "incidents/v1", "hot_retention": "P7D", "shards": ["hot-0"], "revision": 8}""";

    public static FunctionDescription GetWorkflows() => new(Tag, "Read workflows")
    {
        Details = "Without `workflow_id` those that the caller's queues use or whose name is in its reach, as `workflows`.",
        Answers = [new(200, "The workflow, or the list.", TicketsJson.Default.Workflow, Flow, "ETag") { OrType = TicketsJson.Default.WorkflowList }],
        Problems = [ProblemCodes.NotFound],
    };

    public static FunctionDescription PutWorkflow() => new(Tag, "Make or change a workflow")
    {
        Details = "`If-None-Match: *` creates, `If-Match` changes the revision it names. The compact form (`transitions` with `codes`) is taken too and answered in the long one.",
        Body = new(BodyShapes.Default.WorkflowBody, Flow),
        Required = ["workflow_id"],
        Headers = ["If-Match", "If-None-Match"],
        Answers = [new(200, "As stored.", TicketsJson.Default.Workflow, Flow, "ETag")],
        Problems = [ProblemCodes.InvalidWorkflow, ProblemCodes.PreconditionFailed],
    };

    public static FunctionDescription GetQueues() => new(Tag, "Read queues")
    {
        Details = "Without `queue` those that the caller reaches, as `queues`.",
        Answers = [new(200, "The queue, or the list.", TicketsJson.Default.Queue, Queue, "ETag") { OrType = TicketsJson.Default.QueueList }],
        Problems = [ProblemCodes.NotFound],
    };

    public static FunctionDescription PutQueue() => new(Tag, "Make or change a queue")
    {
        Details = "`If-None-Match: *` creates, `If-Match` changes the revision it names. A new queue is placed on the emptiest shard unless `shards` says otherwise; later moves are `POST /queues/moves`.",
        Body = new(BodyShapes.Default.QueueBody, Queue),
        Required = ["queue"],
        Headers = ["If-Match", "If-None-Match"],
        Answers = [new(200, "As stored.", TicketsJson.Default.Queue, Queue, "ETag")],
        Problems = [ProblemCodes.WorkflowNotFound, ProblemCodes.InvalidWorkflow, ProblemCodes.PreconditionFailed],
    };
}
