using Tickets.Core.Archive.Index;

namespace Tickets.Core.Archive;

/// <summary>
/// Which of a day's parts to merge next. Parts that are merged follow one another in age, so that "the newer copy counts" stays true; a part that is being moved,
/// that is large already, or that lies in the archive tier is left alone.
/// </summary>
internal abstract record CompactionRule
{
    /// <summary>Parts merged at once: each keeps a request open.</summary>
    public const int MaxInputs = 64;

    /// <summary>As few parts as can be, now.</summary>
    public static CompactionRule All { get; } = new EverythingRule();

    /// <summary>So that every ticket is rewritten only a few times in its life: small parts among themselves, and a large one only when the small ones together are
    /// a good part of it; when they are many, or when the day has been quiet.</summary>
    public static CompactionRule Tiered { get; } = new TieredRule();

    /// <returns>At least two neighbours, oldest first; null when there is nothing to do.</returns>
    public abstract IReadOnlyList<DayPart>? Choose(ColdDay day, long now, ArchiveOptions options);

    /// <summary>The runs of neighbours that may be merged.</summary>
    private static IEnumerable<List<DayPart>> Runs(ColdDay day, ArchiveOptions options)
    {
        var run = new List<DayPart>();
        foreach (var part in day.Parts)
        {
            if (part.Pending is null && part.Bytes < options.MaxPartBytes / 2 && part.Tier != "Archive")
            {
                run.Add(part);
                continue;
            }

            yield return run;
            run = [];
        }

        yield return run;
    }

    /// <summary>Of a long run the neighbours that are cheapest to merge.</summary>
    private static List<DayPart>? Cheapest(List<DayPart> run)
    {
        if (run.Count < 2)
            return null;
        if (run.Count <= MaxInputs)
            return run;
        var start = Enumerable.Range(0, run.Count - MaxInputs + 1).MinBy(at => run.Skip(at).Take(MaxInputs).Sum(part => part.Bytes));
        return run.GetRange(start, MaxInputs);
    }

    private sealed record EverythingRule : CompactionRule
    {
        public override IReadOnlyList<DayPart>? Choose(ColdDay day, long now, ArchiveOptions options) =>
            Runs(day, options).Select(Cheapest).OfType<List<DayPart>>().MaxBy(run => run.Count);
    }

    private sealed record TieredRule : CompactionRule
    {
        private const long Small = 1 << 20;
        private const int Growth = 4;

        public override IReadOnlyList<DayPart>? Choose(ColdDay day, long now, ArchiveOptions options)
        {
            if (day.Parts.Count < 2)
                return null;
            var quiet = now - day.Parts.Max(part => part.At) >= options.QuietTime.TotalSeconds;
            foreach (var run in Runs(day, options).Reverse())
            {
                var (from, bytes) = (run.Count, 0L);
                while (from > 0 && run[from - 1].Bytes <= Math.Max(Small, Growth * bytes))
                    bytes += run[--from].Bytes;
                var newest = run.GetRange(from, run.Count - from);
                if (newest.Count >= 2 && (quiet || newest.Count >= options.CompactAtParts))
                    return Cheapest(newest);
            }

            return null;
        }
    }
}
