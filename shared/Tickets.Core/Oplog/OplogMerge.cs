namespace Tickets.Core.Oplog;

/// <summary>What was read of one shard.</summary>
internal sealed record ShardStretch(string Shard, OplogStretch Stretch)
{
    public IReadOnlyList<OplogOp> Ops => Stretch.Ops;
    public long Head => Stretch.Head;
    public bool Trimmed => Stretch.Trimmed;

    /// <summary>The shard did not answer.</summary>
    public bool IsAway { get; private init; }

    /// <summary>Of a shard that could not be read: nothing, and the position stays.</summary>
    public static ShardStretch Away(string shard, long position) => new(shard, new OplogStretch(position, position, position, position, [])) { IsAway = true };

    public ShardStretch Where(Predicate<OplogOp> wants) => this with { Stretch = Stretch with { Ops = [.. Ops.Where(op => wants(op))] } };
}

/// <summary>Makes one page of what several shards have.</summary>
internal static class OplogMerge
{
    public static List<OplogOp> Merge(IReadOnlyCollection<ShardStretch> read, int maxOps)
    {
        var some = read.Where(stretch => stretch.Ops.Count > 0).ToList();
        return some.Count == 1
            ? [.. some[0].Ops.Take(maxOps)]
            : [.. some.SelectMany(InTurn).OrderBy(op => op.Turn).ThenBy(op => op.Op.Shard, StringComparer.Ordinal).ThenBy(op => op.Op.Opid).Select(op => op.Op).Take(maxOps)];
    }

    /// <summary>Where the reader stands on a shard after it was shown a page.</summary>
    public static long Next(ShardStretch read, List<OplogOp> shown)
    {
        var last = shown.LastOrDefault(op => op.Shard == read.Shard)?.Opid;
        var all = read.Ops.Count == 0 || read.Ops[^1].Opid == last;
        return all ? read.Stretch.ReadTo : last ?? read.Stretch.From;
    }

    /// <summary>
    /// Shards are merged by time, but a shard's own ops stay in the order of their opids: the clocks of the processes that wrote them
    /// may differ, so an op counts as no older than those before it.
    /// </summary>
    private static IEnumerable<(DateTimeOffset Turn, OplogOp Op)> InTurn(ShardStretch read)
    {
        var turn = DateTimeOffset.MinValue;
        foreach (var op in read.Ops)
        {
            turn = op.At > turn ? op.At : turn;
            yield return (turn, op);
        }
    }
}
