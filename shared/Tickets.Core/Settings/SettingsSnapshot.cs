using System.Collections.Immutable;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform.Json;
using Tickets.Core.Workflows;

namespace Tickets.Core.Settings;

/// <summary>All settings as of one revision; immutable, so that a request decides by one state from beginning to end.</summary>
public sealed record SettingsSnapshot
{
    public static SettingsSnapshot Empty { get; } = new();

    public long Revision { get; init; }
    public ImmutableDictionary<string, WorkflowRules> Workflows { get; init; } = ImmutableDictionary.Create<string, WorkflowRules>(StringComparer.Ordinal);
    public ImmutableDictionary<string, QueueSettings> Queues { get; init; } = ImmutableDictionary.Create<string, QueueSettings>(StringComparer.Ordinal);
    public ImmutableDictionary<int, QueueSettings> QueuesById { get; init; } = ImmutableDictionary<int, QueueSettings>.Empty;
    internal ImmutableDictionary<string, StoredKey> Keys { get; init; } = ImmutableDictionary.Create<string, StoredKey>(StringComparer.Ordinal);

    /// <summary>The workflows that a caller may read.</summary>
    public IEnumerable<WorkflowRules> WorkflowsOf(Caller caller)
    {
        var users = Queues.Values.ToLookup(queue => queue.Definition.WorkflowId, queue => queue.Name, StringComparer.Ordinal);
        return Workflows.Values.Where(workflow => WorkflowReach.MayRead(caller, workflow.Definition.WorkflowId, users[workflow.Definition.WorkflowId]));
    }

    internal SettingsSnapshot With(SettingsChanges changes)
    {
        var workflows = Workflows;
        foreach (var workflow in changes.Workflows)
            workflows = workflows.SetItem(workflow.WorkflowId, new WorkflowRules(workflow));

        var queues = Queues;
        var byId = QueuesById;
        foreach (var (id, definition) in changes.Queues)
            Set(Compile(id, definition, workflows));
        // A changed workflow changes the queues that follow it, even when their own rows did not.
        foreach (var queue in Queues.Values.Where(queue => queues[queue.Name] == queue && workflows[queue.Definition.WorkflowId] != queue.Workflow))
            Set(queue with { Workflow = workflows[queue.Definition.WorkflowId] });

        return this with
        {
            Revision = changes.Revision,
            Workflows = workflows,
            Queues = queues,
            QueuesById = byId,
            Keys = Keys.SetItems(changes.Keys.Select(key => KeyValuePair.Create(key.KeyId, key))),
        };

        void Set(QueueSettings queue)
        {
            queues = queues.SetItem(queue.Name, queue);
            byId = byId.SetItem(queue.QueueId, queue);
        }
    }

    private static QueueSettings Compile(int id, Queue definition, ImmutableDictionary<string, WorkflowRules> workflows) =>
        new(id, definition, workflows[definition.WorkflowId], RetentionOf(definition));

    private static TimeSpan RetentionOf(Queue queue) =>
        Iso8601Duration.TryParse(queue.HotRetention!, out var time) ? time : throw new InvalidDataException($"Queue '{queue.Name}' has no readable hot_retention.");
}

/// <summary>Rows that changed after a revision.</summary>
internal sealed record SettingsChanges(
    long Revision,
    IReadOnlyList<Workflow> Workflows,
    IReadOnlyList<(int QueueId, Queue Definition)> Queues,
    IReadOnlyList<StoredKey> Keys);
