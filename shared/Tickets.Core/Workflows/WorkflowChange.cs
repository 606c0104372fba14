using Tickets.Contracts;

namespace Tickets.Core.Workflows;

/// <summary>
/// Tickets outlive a change of their workflow: what stands in their status and slots must go on meaning the same.
/// Holds for an edited workflow and for a queue that goes on to another version.
/// </summary>
internal static class WorkflowChange
{
    public static IReadOnlyList<ProblemError> Faults(Workflow old, Workflow next)
    {
        var faults = new List<ProblemError>();
        foreach (var status in old.Statuses.Keys.Where(status => !next.Statuses.ContainsKey(status)))
            faults.Add(new ProblemError("/statuses", $"Status '{status}' is missing, and tickets may be in it: keep it (without transitions to it it fades out)."));

        var nextFields = next.IndexedFields ?? new Dictionary<string, IndexedField>();
        foreach (var (name, field) in old.IndexedFields ?? new Dictionary<string, IndexedField>())
        {
            if (nextFields.TryGetValue(name, out var same) && same != field)
                faults.Add(new ProblemError("/indexed_fields", $"Field '{name}' must stay {field.Type} in slot {field.Slot}: tickets hold its values there."));
            foreach (var (other, taker) in nextFields.Where(other => other.Key != name && other.Value == field))
                faults.Add(new ProblemError("/indexed_fields", $"Field '{other}' cannot take slot {taker.Slot} of type {taker.Type}: tickets hold values of '{name}' there."));
        }

        return faults;
    }
}
