using Tickets.Chaos.Histories;

namespace Tickets.Chaos.Checkers;

/// <summary>What the change log says of a ticket in the end.</summary>
/// <param name="Value">The text that only one operation wrote.</param>
internal sealed record Written(long Version, string Value);

/// <summary>
/// Tickets as registers with versions: conditional updates, each with a value of its own, and reads. Versions order the writes of a
/// ticket, so a history can be judged without searching for an order: it must agree with the one that the log tells.
/// </summary>
internal static class TicketRegister
{
    /// <param name="operations"><c>create</c>, <c>update</c> (with its value and expected version) and <c>read</c> (with the value and version seen).</param>
    /// <param name="log">By ticket, in the order of the log.</param>
    /// <returns>A sentence for each thing that cannot be; empty when all is well.</returns>
    public static IReadOnlyList<string> Check(IReadOnlyList<Operation> operations, IReadOnlyDictionary<string, IReadOnlyList<Written>> log)
    {
        var faults = new List<string>();
        foreach (var ticket in operations.GroupBy(operation => operation.Key))
        {
            var written = log.GetValueOrDefault(ticket.Key, []);
            faults.AddRange(Versions(ticket.Key, written));
            faults.AddRange(Writes([.. ticket.Where(each => each.Op != "read")], written));
            faults.AddRange(Reads([.. ticket.Where(each => each is { Op: "read", Outcome: EventKind.Ok })], written));
            faults.AddRange(RealTime([.. ticket], written));
        }

        return faults;
    }

    private static IEnumerable<string> Versions(string ticket, IReadOnlyList<Written> written)
    {
        for (var i = 0; i < written.Count; i++)
        {
            if (written[i].Version != i + 1)
                yield return $"ticket {ticket}: version {written[i].Version} in the place of {i + 1}";
        }
    }

    private static IEnumerable<string> Writes(List<Operation> writes, IReadOnlyList<Written> written)
    {
        var versions = written.ToLookup(each => each.Value, each => each.Version);
        foreach (var write in writes)
        {
            var found = versions[write.Value!].ToList();
            if (found.Count > 1)
                yield return $"{write} was done {found.Count} times";
            if (write.Outcome == EventKind.Ok && !found.Contains(write.Version!.Value))
                yield return $"{write} was acknowledged as version {write.Version} and is {(found.Count == 0 ? "lost" : $"version {found[0]}")}";
            if (write.Outcome == EventKind.Fail && found.Count > 0)
                yield return $"{write} was refused and is there as version {found[0]}";
            if (write.Expected is { } expected && found.Exists(version => version != expected + 1))
                yield return $"{write} asked for version {expected} and is version {found[0]}";
        }

        var known = writes.Select(write => write.Value).ToHashSet();
        foreach (var stranger in written.Where(each => !known.Contains(each.Value)))
            yield return $"version {stranger.Version} holds {stranger.Value}, which nobody wrote";
    }

    private static IEnumerable<string> Reads(List<Operation> reads, IReadOnlyList<Written> written)
    {
        var values = written.GroupBy(each => each.Version).ToDictionary(version => version.Key, version => version.First().Value);
        foreach (var read in reads.Where(read => values.GetValueOrDefault(read.Version!.Value) != read.Value))
            yield return $"{read} saw {read.Value} as version {read.Version}, which is {values.GetValueOrDefault(read.Version!.Value, "none")}";
    }

    /// <summary>What ended before another began has no later version than what that one wrote or saw; a write has an earlier one.</summary>
    private static IEnumerable<string> RealTime(List<Operation> operations, IReadOnlyList<Written> written)
    {
        var versions = written.GroupBy(each => each.Value).ToDictionary(value => value.Key, value => value.First().Version);
        // What was done without an answer has no end, and binds nobody; but it began, and those that had ended by then bind it.
        var placed = operations
            .Select(each => (Operation: each, Version: each.Op == "read" ? (each.Outcome == EventKind.Ok ? each.Version : null) : versions.TryGetValue(each.Value!, out var version) ? version : null))
            .Where(each => each.Version is not null)
            .ToList();
        var byEnd = placed.Where(each => each.Operation.Ended != long.MaxValue).OrderBy(each => each.Operation.Ended).ToList();
        var (next, newest) = (0, default((Operation Operation, long? Version)?));
        foreach (var (operation, version) in placed.OrderBy(each => each.Operation.Begun))
        {
            for (; next < byEnd.Count && byEnd[next].Operation.IsBefore(operation); next++)
            {
                if (newest is null || byEnd[next].Version > newest.Value.Version)
                    newest = byEnd[next];
            }

            if (newest is { } earlier && (version < earlier.Version || (operation.Op != "read" && version == earlier.Version)))
                yield return $"{operation} has version {version} though {earlier.Operation} had version {earlier.Version} before it began";
        }

        // A version can be seen only once its write has begun.
        var writes = placed.Where(each => each.Operation.Op != "read").GroupBy(each => each.Version).ToDictionary(each => each.Key!.Value, each => each.First().Operation);
        foreach (var (read, version) in placed.Where(each => each.Operation.Op == "read"))
        {
            if (writes.TryGetValue(version!.Value, out var write) && read.IsBefore(write))
                yield return $"{read} saw version {version} before {write} had begun";
        }
    }
}
