namespace Tickets.Core.Archive.Index;

/// <summary>
/// All parts of a queue at one revision, immutable. Sorted by lowest id, with the running maximum of the highest ids beside: that makes the binary
/// search right although ranges overlap, since it says where no part further left can reach the id any more.
/// </summary>
internal sealed class QueueParts
{
    public static readonly QueueParts None = new(0, []);
    private readonly ColdPart[] _parts;
    private readonly long[] _reach;

    private QueueParts(long revision, ColdPart[] parts)
    {
        Revision = revision;
        _parts = parts;
        _reach = new long[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            _reach[i] = i == 0 ? parts[i].MaxId : Math.Max(_reach[i - 1], parts[i].MaxId);
    }

    public long Revision { get; }
    public int Count => _parts.Length;

    /// <summary>These parts with the changed days as they are now.</summary>
    /// <param name="withGone">Whether copies that do not count are to be found as well.</param>
    public QueueParts With(long revision, IReadOnlyCollection<ColdDay> changed, bool withGone = false)
    {
        var days = changed.Select(d => d.Day).ToHashSet();
        var parts = _parts.Where(p => !days.Contains(p.Day))
            .Concat(changed.SelectMany(d => d.Parts.Select((p, order) => ColdPart.From(d.Day, order, withGone ? p with { Gone = null } : p))))
            .ToArray();
        Array.Sort(parts, static (a, b) => a.MinId.CompareTo(b.MinId));
        return new QueueParts(revision, parts);
    }

    /// <summary>
    /// The parts that may have the ticket, in the order to ask them: a ticket has one creation day, so days stand in order of cost (exact knowledge
    /// first, then the narrowest range) and within a day the newest part stands first, since it wins.
    /// </summary>
    public IReadOnlyList<ColdPart> Candidates(long ticketId)
    {
        List<ColdPart>? found = null;
        for (var i = LastStartingAtOrBefore(ticketId); i >= 0 && _reach[i] >= ticketId; i--)
        {
            if (_parts[i].MayHave(ticketId))
                (found ??= []).Add(_parts[i]);
        }

        return found switch
        {
            null => [],
            { Count: 1 } => found,
            _ => found.GroupBy(p => p.Day)
                .OrderBy(day => day.Any(p => p.IsExact) ? 0 : 1)
                .ThenBy(day => day.Min(p => p.MaxId - p.MinId))
                .SelectMany(day => day.OrderByDescending(p => p.Order))
                .ToList(),
        };
    }

    /// <summary>The days with parts that tickets are moving to.</summary>
    public IReadOnlyList<DateOnly> PendingDays() => _parts.Where(part => part.IsPending).Select(part => part.Day).Distinct().ToList();

    /// <summary>The days with more than one part: how many, and when they last got one in minutes of Unix time.</summary>
    public IEnumerable<(DateOnly Day, int Parts, int AtMinutes)> DaysOfSeveralParts() =>
        _parts.GroupBy(part => part.Day).Where(day => day.Skip(1).Any()).Select(day => (day.Key, day.Count(), day.Max(part => part.AtMinutes)));

    /// <summary>All parts, by lowest id.</summary>
    public IReadOnlyList<ColdPart> All => _parts;

    private int LastStartingAtOrBefore(long ticketId)
    {
        var (low, high) = (-1, _parts.Length - 1);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (_parts[middle].MinId <= ticketId)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }
}
