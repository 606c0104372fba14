namespace Tickets.Core.Settings;

/// <param name="Fields">As the workflow names them, parted by commas.</param>
/// <param name="Columns">Ends with the ticket id, so that the index also gives the order of a page.</param>
internal sealed record QueueIndex(string Name, string Fields, string Columns);

/// <summary>The indexes that a queue's workflow declares.</summary>
internal static class QueueIndexes
{
    /// <summary>Begins the names of all indexes that workflows declare; the indexes every queue has are named otherwise.</summary>
    public static string Prefix(QueueSettings queue) => $"{queue.TicketsTable}_by_";

    public static IEnumerable<QueueIndex> Wanted(QueueSettings queue)
    {
        foreach (var fields in queue.Workflow.Definition.Indexes ?? [])
        {
            var columns = fields.Select(field => field == "status" ? "status" : queue.Workflow.Fields[field].Column).ToList();
            yield return new QueueIndex($"{Prefix(queue)}{string.Join('_', columns)}", string.Join(',', fields), string.Join(", ", [.. columns, "ticket_id"]));
        }
    }
}
