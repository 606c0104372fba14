using Tickets.Contracts;

namespace Tickets.Core.Workflows;

/// <summary>
/// Tickets outlive a change of their workflow: what stands in their status, slots and closing time must go on meaning the same.
/// Holds for an edited workflow that queues use, and for a queue that goes on to another workflow.
/// </summary>
internal static class WorkflowChange
{
    public static IReadOnlyList<ProblemError> Faults(Workflow old, Workflow next) => [.. FaultsOfStatuses(old, next), .. FaultsOfFields(old, next)];

    private static IEnumerable<ProblemError> FaultsOfStatuses(Workflow old, Workflow next)
    {
        foreach (var (name, status) in old.Statuses)
        {
            if (!next.Statuses.TryGetValue(name, out var then))
                yield return new ProblemError("/statuses", $"Status '{name}' is missing, and tickets may be in it: keep it (without transitions to it it fades out).");
            else if (status.Terminal == true != (then.Terminal == true))
                yield return new ProblemError("/statuses", $"Status '{name}' must stay {(status.Terminal == true ? "terminal: tickets in it have" : "as it is, not terminal: tickets in it have no")} closed_at. Take a new status instead.");
        }
    }

    /// <summary>A field is never taken out: its slot would be free for another one, under whose name the values of old tickets would appear.</summary>
    private static IEnumerable<ProblemError> FaultsOfFields(Workflow old, Workflow next)
    {
        var nextFields = next.IndexedFields ?? new Dictionary<string, IndexedField>();
        foreach (var (name, field) in old.IndexedFields ?? new Dictionary<string, IndexedField>())
        {
            if (!nextFields.TryGetValue(name, out var then))
                yield return new ProblemError("/indexed_fields", $"Field '{name}' is missing, and tickets may have values of it: keep it (its indexes may go).");
            else if (then != field)
                yield return new ProblemError("/indexed_fields", $"Field '{name}' must stay {field.Type} in slot {field.Slot}: tickets hold its values there.");
            foreach (var (other, taker) in nextFields.Where(other => other.Key != name && other.Value == field))
                yield return new ProblemError("/indexed_fields", $"Field '{other}' cannot take slot {taker.Slot} of type {taker.Type}: tickets hold values of '{name}' there.");
        }
    }
}
