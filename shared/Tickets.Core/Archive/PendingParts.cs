using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;

namespace Tickets.Core.Archive;

/// <summary>
/// Settles parts that a move listed as pending: by then it is certain which of their tickets have left the hot shard, because the removals wrote that down in
/// their own transactions. The others' copies do not count: their tickets have changed and are still hot, or went to another queue.
/// Only who holds the queue's lease on the shard may do this.
/// </summary>
internal sealed class PendingParts(ArchiveTools tools, string queue, string shard)
{
    /// <summary>The shards whose tickets are leaving for parts of the queue, or were when a run was cut off.</summary>
    public static async Task<IReadOnlyCollection<string>> ShardsAsync(ArchiveTools tools, string queue, CancellationToken cancellationToken)
    {
        var shards = new HashSet<string>(StringComparer.Ordinal);
        foreach (var day in (await tools.Index.RefreshAsync(queue, cancellationToken)).Parts.PendingDays())
            shards.UnionWith((await tools.Shards.ReadDayAsync(queue, day, cancellationToken)).Parts.Select(part => part.Pending).OfType<string>());
        return shards;
    }

    /// <summary>Settles what an earlier run left behind when it was cut off.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        var known = (await tools.Index.RefreshAsync(queue, cancellationToken)).Parts;
        foreach (var day in known.PendingDays())
        {
            var row = await tools.Shards.ReadDayAsync(queue, day, cancellationToken);
            foreach (var part in row.Parts.Where(p => p.Pending == shard))
            {
                var left = await tools.Moves.OfPartAsync(shard, PartName.ParseId(part.Part), cancellationToken);
                var stayed = left.Count == 0 ? [] : await OthersAsync(PartName.Of(queue, day, part.Part), left, cancellationToken);
                await SettleAsync(
                    new Dictionary<(DateOnly, string), List<long>> { [(day, part.Part)] = stayed },
                    left.Count == 0 ? new HashSet<string>(StringComparer.Ordinal) { part.Part } : [],
                    cancellationToken);
            }
        }
    }

    /// <param name="stayed">For each part, the tickets that it holds and that did not leave.</param>
    /// <param name="empty">The parts for which no ticket left at all.</param>
    public async Task SettleAsync(Dictionary<(DateOnly Day, string Part), List<long>> stayed, HashSet<string> empty, CancellationToken cancellationToken)
    {
        if (stayed.Count == 0)
            return;
        var byDay = stayed.ToLookup(s => s.Key.Day);
        await tools.Shards.CommitAsync(
            queue,
            [.. byDay.Select(d => d.Key)],
            day => byDay[day.Day].Aggregate(day, (d, s) => empty.Contains(s.Key.Part)
                ? d.Retire(s.Key.Part, tools.Now)
                : d.With(s.Key.Part, p => p.Pending is null ? p : (p with { Pending = null }).WithGone(s.Value))),
            cancellationToken);
        await tools.Moves.SettleAsync(shard, stayed.Keys.Select(s => PartName.ParseId(s.Part)).ToList(), cancellationToken);
        foreach (var (day, _) in stayed.Where(s => s.Value.Count > 0 && !empty.Contains(s.Key.Part)).Select(s => s.Key).Distinct())
            await tools.Compaction.DropGoneAsync(queue, day, cancellationToken);
    }

    private async Task<List<long>> OthersAsync(string name, IReadOnlySet<long> left, CancellationToken cancellationToken)
    {
        using var reader = await tools.Parts.OpenAsync(name, cancellationToken) ?? throw new DamagedPartException(name, 0, "the part is missing");
        var others = new List<long>();
        await foreach (var (id, _) in reader.DocumentsAsync(cancellationToken))
        {
            if (!left.Contains(id))
                others.Add(id);
        }

        return others;
    }
}
