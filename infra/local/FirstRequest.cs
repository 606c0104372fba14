using Tickets.Client;
using Tickets.Contracts;
using Tickets.Local.Demo;

namespace Tickets.Local;

/// <summary>The requests that a newcomer pastes into another terminal: they work as they stand, with a visible effect.</summary>
internal static class FirstRequest
{
    private const string Inbox = "demo/inbox";

    /// <summary>On a stack without queues it makes one first, so that there is somewhere to create a ticket.</summary>
    /// <returns>Lines for a POSIX shell.</returns>
    public static async Task<string> PrepareAsync(Uri app, string key, CancellationToken cancellationToken)
    {
        using var client = new TicketsClient(new() { Address = app, Key = key });
        var queues = await client.ListQueuesAsync(cancel: cancellationToken);
        if (queues.Count > 0 && queues.All(queue => queue.Name != Inbox)) return Find(app, key, queues[0].Name, limit: 3);
        if (queues.Count == 0) await DefineInboxAsync(client, cancellationToken);
        return $"{Create(app, key)}\n{Find(app, key, Inbox, limit: 1000)}";
    }

    private static async Task DefineInboxAsync(TicketsClient client, CancellationToken cancellationToken)
    {
        var workflow = DemoFiles.Workflow();
        if ((await client.ListWorkflowsAsync(cancellationToken)).All(known => known.WorkflowId != workflow.WorkflowId))
            await client.PutWorkflowAsync(workflow, RevisionCondition.Absent, cancellationToken);
        var inbox = new Queue { Name = Inbox, WorkflowId = workflow.WorkflowId, Description = "Made by the local stack for a first ticket" };
        await client.PutQueueAsync(inbox, RevisionCondition.Absent, cancellationToken);
    }

    private static string Create(Uri app, string key) =>
        Curl(app, key, "tickets", $$$$"""{"queue": "{{{{Inbox}}}}", "indexed_meta": {"state": "Texas"}, "meta": {"report": {"text": "A gull in engine 2"}}}""");

    private static string Find(Uri app, string key, string queue, int limit) =>
        Curl(app, key, "tickets/find", $$$$"""{"query": {"queue": "{{{{queue}}}}"}, "limit": {{{{limit}}}}}""");

    private static string Curl(Uri app, string key, string route, string body) => $"""
        curl -sS -w '\n' {new Uri(app, "/api/v1/" + route)} \
          -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \
          -d '{body}'
        """;
}
