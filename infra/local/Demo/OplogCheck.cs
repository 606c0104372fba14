using Tickets.Contracts;

namespace Tickets.Local.Demo;

/// <summary>Holds the whole change log against what the service acknowledged: no gap, nothing twice, nothing missing, nothing that nobody did.</summary>
internal static class OplogCheck
{
    /// <param name="ops">From the first on, in the order in which they were read.</param>
    /// <param name="ledger">What was acknowledged.</param>
    /// <param name="archived">The tickets that must have been archived.</param>
    /// <returns>A sentence for each fault.</returns>
    public static IReadOnlyList<string> Faults(IReadOnlyList<Op> ops, Ledger ledger, IReadOnlySet<string> archived) =>
        [.. Gaps(ops), .. Lives(ops, ledger, archived), .. Acknowledgements(ops, ledger)];

    /// <summary>On each shard opids are 1, 2, 3, … in the order of reading.</summary>
    private static IEnumerable<string> Gaps(IReadOnlyList<Op> ops)
    {
        foreach (var shard in ops.GroupBy(op => op.Shard))
        {
            var expected = 1L;
            foreach (var op in shard)
            {
                if (op.Opid != expected) yield return $"{shard.Key}: op {op.Opid} comes where {expected} should";
                expected = op.Opid + 1;
            }
        }
    }

    /// <summary>Each ticket was created once, changed as often as its version says, and archived at the end of its life and not before.</summary>
    private static IEnumerable<string> Lives(IReadOnlyList<Op> ops, Ledger ledger, IReadOnlySet<string> archived)
    {
        var lives = ops.GroupBy(op => op.TicketId).ToDictionary(life => life.Key, life => life.ToList());
        foreach (var stranger in lives.Keys.Where(ticketId => !ledger.Tickets.ContainsKey(ticketId)))
            yield return $"ticket {stranger} is in the change log and no create was answered with it";

        foreach (var (ticketId, ticket) in ledger.Tickets)
        {
            string[] wanted = ["created 1", .. Enumerable.Range(2, (int)ticket.Version - 1).Select(version => $"updated {version}"), .. archived.Contains(ticketId) ? ["archived"] : (string[])[]];
            var found = lives.GetValueOrDefault(ticketId, []).Select(op => op.Kind == "archived" ? op.Kind : $"{op.Kind} {op.Version}").ToList();
            if (!wanted.SequenceEqual(found)) yield return $"ticket {ticketId} should have the ops {string.Join(", ", wanted)} and has {string.Join(", ", found)}";
        }
    }

    /// <summary>Every acknowledged update stands where its answer said.</summary>
    private static IEnumerable<string> Acknowledgements(IReadOnlyList<Op> ops, Ledger ledger)
    {
        var updates = ops.Where(op => op.Kind == "updated").ToLookup(op => new OpPosition(op.Shard, op.Opid), op => op.TicketId);
        return ledger.Updates.Where(update => !updates[update.Key].Contains(update.Value))
            .Select(update => $"ticket {update.Value} was said to be updated by op {update.Key.Opid} of {update.Key.Shard}, which is something else");
    }
}
