using Tickets.Core.Access;

namespace Tickets.Core.Settings;

/// <summary>
/// Which workflows a key reaches. Prefixes are of queues, so a workflow is reached through the queues that use it; one that no queue uses
/// is reached by its own name, a path like theirs.
/// </summary>
public static class WorkflowReach
{
    /// <param name="users">The names of all queues that use the workflow.</param>
    public static bool MayRead(Caller caller, string workflowId, IEnumerable<string> users) =>
        caller.Reaches(workflowId) || users.Any(caller.Reaches);

    /// <summary>A change is felt in every queue that uses the workflow, so all of them must be in reach.</summary>
    /// <inheritdoc cref="MayRead"/>
    public static bool MayChange(Caller caller, string workflowId, IReadOnlyCollection<string> users) =>
        caller.ReachesAll || (users.Count == 0 ? caller.Reaches(workflowId) : users.All(caller.Reaches));
}
