using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Cli;

/// <summary>Whether the settings that the key sees make sense together.</summary>
internal static class SettingsChecks
{
    private static readonly TimeSpan LongMove = TimeSpan.FromHours(1);

    public static async Task LookAsync(TicketsClient client, List<Diagnosis> found, CancellationToken cancel)
    {
        try
        {
            var (workflows, queues) = (await client.ListWorkflowsAsync(cancel), await client.ListQueuesAsync(cancel: cancel));
            Workflows(workflows, queues, found);
            Queues(queues, found);
        }
        catch (TicketsException fault)
        {
            found.Add(Diagnosis.Fault("settings", fault.Message, "See the service's log under the trace."));
        }
    }

    private static void Workflows(IReadOnlyList<Workflow> workflows, IReadOnlyList<Queue> queues, List<Diagnosis> found)
    {
        var odd = 0;
        foreach (var workflow in workflows)
        {
            foreach (var finding in WorkflowLint.Look(WorkflowGraph.Of(JsonSerializer.SerializeToNode(workflow, TicketsJson.Default.Workflow)!.AsObject())))
            {
                odd++;
                found.Add(Diagnosis.Warning($"workflow {workflow.WorkflowId}", $"{finding.Pointer}: {finding.Message}", $"See it: tickets workflow draw {workflow.WorkflowId}"));
            }
        }

        var unused = workflows.Select(workflow => workflow.WorkflowId).Except(queues.Select(queue => queue.WorkflowId)).Count();
        if (odd == 0) found.Add(Diagnosis.Ok("workflows", $"{workflows.Count}, nothing odd; {unused} without a queue that this key sees"));
    }

    private static void Queues(IReadOnlyList<Queue> queues, List<Diagnosis> found)
    {
        if (queues.Count == 0)
            found.Add(Diagnosis.Warning("queues", "the key sees none", "Make one (tickets queue put), or use a key whose prefixes cover some."));
        else
            found.Add(Diagnosis.Ok("queues", $"{queues.Count}"));
        foreach (var queue in queues.Where(queue => queue.Moving is { } move && DateTimeOffset.UtcNow - move.Since > LongMove))
            found.Add(Diagnosis.Warning($"queue {queue.Name}", $"moving since {queue.Moving!.Since:u}, now {queue.Moving.Phase}", $"Look at the operation: tickets operation get {queue.Moving.Id}"));
    }
}
