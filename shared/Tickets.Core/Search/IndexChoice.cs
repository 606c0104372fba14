using Tickets.Core.Workflows;

namespace Tickets.Core.Search;

/// <summary>Whether an index of the queue serves a search: one that begins with a field that the search gives (T15).</summary>
internal static class IndexChoice
{
    private static readonly string[] AlwaysIndexed = ["ticket_id", "status", "group", "parent_id"];

    /// <returns>What to tell the caller, or null when the search is served.</returns>
    public static string? Warning(TicketSearch search)
    {
        var equal = search.Criteria.Where(criterion => criterion.Value is not null).Select(criterion => criterion.Field).ToList();
        if (search.Criteria.Count == 0 || search.TicketId is not null || (equal.Count > 0 && Serves(search.Queue.Workflow, equal)))
            return null;
        return $"No index of queue '{search.Queue.Name}' serves a search by {string.Join(", ", search.Criteria.Select(criterion => criterion.Field))}: it reads tickets one after the other. Indexes are declared in the workflow's indexes.";
    }

    /// <param name="fields">Fields given with a value; none asks for the whole queue in order of id, which its primary key serves.</param>
    public static bool Serves(WorkflowRules workflow, IReadOnlyList<string> fields) =>
        fields.Count == 0 || fields.Any(AlwaysIndexed.Contains) || workflow.Definition.Indexes?.Any(index => fields.Contains(index[0])) == true;
}
