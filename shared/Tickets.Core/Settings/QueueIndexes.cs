namespace Tickets.Core.Settings;

/// <param name="Columns">Ends with the ticket id, so that the index also gives the order of a page.</param>
internal sealed record QueueIndex(string Name, string Columns);

/// <summary>The indexes that a queue's workflow declares.</summary>
internal static class QueueIndexes
{
    public static IEnumerable<QueueIndex> Wanted(QueueSettings queue)
    {
        foreach (var fields in queue.Workflow.Definition.Indexes ?? [])
        {
            var columns = fields.Select(field => field == "status" ? "status" : queue.Workflow.Fields[field].Column).ToList();
            yield return new QueueIndex($"{queue.TicketsTable}_by_{string.Join('_', columns)}", string.Join(", ", [.. columns, "ticket_id"]));
        }
    }
}
