namespace Tickets.Chaos.Checkers;

/// <summary>An op as a reader was given it, or as the database has it.</summary>
/// <param name="Mark">What tells it from all others.</param>
internal sealed record LoggedOp(string Shard, long Opid, string Mark);

/// <summary>A write that was acknowledged.</summary>
/// <param name="Shard">Where its op is, where the answer says so.</param>
internal sealed record Acknowledged(string? Shard, long Opid, string Mark, long Begun, long Ended);

/// <summary>No op lost, skipped, reordered or repeated, whoever reads, and none that was rolled back.</summary>
internal static class ChangeLog
{
    /// <param name="kept">What the database has in the end, in any order.</param>
    /// <param name="readers">What each reader was given, in the order in which it was.</param>
    /// <param name="undone">Marks of what was rolled back.</param>
    public static IReadOnlyList<string> Check(
        IReadOnlyCollection<LoggedOp> kept, IReadOnlyList<IReadOnlyList<LoggedOp>> readers, IReadOnlyCollection<Acknowledged> acknowledged, IReadOnlySet<string> undone)
    {
        var faults = new List<string>();
        var marks = new Dictionary<(string, long), string>();
        foreach (var op in kept.Where(op => !marks.TryAdd((op.Shard, op.Opid), op.Mark)))
            faults.Add($"{op.Shard}/{op.Opid} is there twice");
        var heads = kept.GroupBy(op => op.Shard).ToDictionary(shard => shard.Key, shard => shard.Max(op => op.Opid));
        foreach (var (shard, head) in heads.Where(head => kept.Count(op => op.Shard == head.Key) != head.Value))
            faults.Add($"{shard} has {kept.Count(op => op.Shard == shard)} ops up to {head}");
        for (var reader = 0; reader < readers.Count; reader++)
            faults.AddRange(Reader(reader, readers[reader], heads, marks));
        var known = marks.Values.ToHashSet();
        faults.AddRange(acknowledged.Where(each => !known.Contains(each.Mark)).Select(each => $"{each.Mark} was acknowledged and is lost"));
        faults.AddRange(acknowledged.Where(each => each.Shard is not null && marks.GetValueOrDefault((each.Shard!, each.Opid)) != each.Mark)
            .Select(each => $"{each.Mark} was acknowledged as {each.Shard}/{each.Opid}, which is {marks.GetValueOrDefault((each.Shard!, each.Opid), "nothing")}"));
        faults.AddRange(kept.Where(op => undone.Contains(op.Mark)).Select(op => $"{op.Shard}/{op.Opid} is {op.Mark}, which was rolled back"));
        faults.AddRange(RealTime(acknowledged));
        return faults;
    }

    private static IEnumerable<string> Reader(int reader, IReadOnlyList<LoggedOp> read, Dictionary<string, long> heads, Dictionary<(string, long), string> marks)
    {
        var reached = new Dictionary<string, long>();
        foreach (var op in read)
        {
            var expected = reached.GetValueOrDefault(op.Shard) + 1;
            if (op.Opid != expected)
                yield return $"reader {reader} was given {op.Shard}/{op.Opid} where {expected} was next";
            if (marks.GetValueOrDefault((op.Shard, op.Opid)) != op.Mark)
                yield return $"reader {reader} was given {op.Mark} as {op.Shard}/{op.Opid}, which is {marks.GetValueOrDefault((op.Shard, op.Opid), "nothing")}";
            reached[op.Shard] = op.Opid;
        }

        foreach (var (shard, head) in heads.Where(head => reached.GetValueOrDefault(head.Key) < head.Value))
            yield return $"reader {reader} was never given {shard} from {reached.GetValueOrDefault(shard) + 1} to {head}";
    }

    /// <summary>A write that was answered before another was begun comes before it on its shard.</summary>
    private static IEnumerable<string> RealTime(IEnumerable<Acknowledged> acknowledged)
    {
        foreach (var shard in acknowledged.Where(each => each.Shard is not null).GroupBy(each => each.Shard))
        {
            var byEnd = shard.OrderBy(each => each.Ended).ToList();
            var (next, newest) = (0, default(Acknowledged));
            foreach (var write in shard.OrderBy(each => each.Begun))
            {
                for (; next < byEnd.Count && byEnd[next].Ended < write.Begun; next++)
                {
                    if (newest is null || byEnd[next].Opid > newest.Opid)
                        newest = byEnd[next];
                }

                if (newest is not null && newest.Opid > write.Opid)
                    yield return $"{write.Mark} is {shard.Key}/{write.Opid}, before {newest.Mark} ({newest.Opid}), which was acknowledged before it was asked for";
            }
        }
    }
}
