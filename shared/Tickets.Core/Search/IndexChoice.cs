using Tickets.Core.Workflows;

namespace Tickets.Core.Search;

/// <summary>Whether an index of the queue serves a search (T15).</summary>
internal static class IndexChoice
{
    // Few tickets share one of these; of a status or a group there may be millions.
    private static readonly string[] FewShare = ["ticket_id", "parent_id"];
    private static readonly string[] ManyShare = ["status", "group"];

    /// <returns>What to tell the caller, or null when the search is served.</returns>
    /// <param name="unbuilt">Declared indexes that cannot be used yet: <see cref="UnbuiltIndexes"/>.</param>
    public static string? Warning(TicketSearch search, IReadOnlySet<string> unbuilt)
    {
        var equal = search.Criteria.Where(criterion => criterion.Value is not null).Select(criterion => criterion.Field).ToList();
        if (search.Criteria.Count == 0 || search.TicketId is not null || (equal.Count > 0 && Serves(search.Queue.Workflow, equal, unbuilt)))
            return null;
        var fields = string.Join(", ", search.Criteria.Select(criterion => criterion.Field));
        return equal.Count > 0 && Serves(search.Queue.Workflow, equal, new HashSet<string>())
            ? $"The index of queue '{search.Queue.Name}' that will serve a search by {fields} is still being built: until then it reads tickets one after the other."
            : $"No index of queue '{search.Queue.Name}' serves a search by {fields}: it reads tickets one after the other. Indexes are declared in the workflow's indexes.";
    }

    /// <summary>
    /// Served by an index that begins with a field that is given. The indexes of status and group serve only searches that give no
    /// indexed field: beside one they would read all tickets of the status to find a few.
    /// </summary>
    /// <param name="fields">Fields given with a value; none asks for the whole queue in order of id, which its primary key serves.</param>
    public static bool Serves(WorkflowRules workflow, IReadOnlyList<string> fields, IReadOnlySet<string> unbuilt) =>
        fields.Count == 0
        || fields.Any(FewShare.Contains)
        || workflow.Definition.Indexes?.Any(index => fields.Contains(index[0]) && !unbuilt.Contains(string.Join(',', index))) == true
        || (fields.Any(ManyShare.Contains) && !fields.Any(workflow.Fields.ContainsKey));
}
