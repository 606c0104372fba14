using Tickets.Chaos.Histories;

namespace Tickets.Chaos.Checkers;

/// <summary>How soon work goes on after something is there again.</summary>
internal static class Recovery
{
    /// <param name="operations">Of the clients.</param>
    /// <param name="faults">Each ends when what it broke answers again.</param>
    /// <returns>For each fault that ended: the time from its end to the first write afterwards that was done. Null: none was.</returns>
    public static IReadOnlyList<TimeSpan?> FirstWrites(IEnumerable<Operation> operations, IEnumerable<Operation> faults)
    {
        var ends = operations.Where(each => each is { Op: not "read", Outcome: EventKind.Ok }).Select(each => each.Ended).Order().ToList();
        return
        [
            .. faults.Where(fault => fault.Outcome == EventKind.Ok).Select(fault =>
            {
                var at = ends.BinarySearch(fault.Ended);
                var first = at < 0 ? ~at : at;
                return first < ends.Count ? TimeSpan.FromMicroseconds(ends[first] - fault.Ended) : (TimeSpan?)null;
            }),
        ];
    }
}
