using Tickets.Core.Archive.Index;

namespace Tickets.Core.Archive.Scan;

/// <summary>Tickets of one day whose ids lie in a range, bounds included. It names no parts: they may be written anew before its turn comes, and then the new ones are read.</summary>
/// <param name="Tickets">As many as there were when the scan was planned.</param>
/// <param name="Bytes">Stored bytes, likewise.</param>
public sealed record ScanRange(DateOnly Day, long FirstId, long LastId, long Tickets, long Bytes);

/// <summary>Cuts a scan into units of bounded size, each of which may be done again by itself.</summary>
internal static class ScanPlan
{
    public static List<List<ScanRange>> Units(IEnumerable<ColdDay> days, long bytesPerUnit)
    {
        var units = new List<List<ScanRange>>();
        var bytes = 0L;
        foreach (var range in days.SelectMany(Ranges))
        {
            if (units.Count == 0 || (units[^1].Count > 0 && bytes + range.Bytes > bytesPerUnit))
            {
                units.Add([]);
                bytes = 0;
            }

            units[^1].Add(range);
            bytes += range.Bytes;
        }

        return units;
    }

    /// <summary>Parts whose ids overlap belong together, since they may hold copies of one ticket.</summary>
    private static IEnumerable<ScanRange> Ranges(ColdDay day)
    {
        ScanRange? open = null;
        foreach (var part in day.Parts.Where(part => part.Pending is null).OrderBy(part => part.MinId))
        {
            if (open is not null && part.MinId <= open.LastId)
            {
                open = open with { LastId = Math.Max(open.LastId, part.MaxId), Tickets = open.Tickets + part.Tickets, Bytes = open.Bytes + part.Bytes };
                continue;
            }

            if (open is not null)
                yield return open;
            open = new ScanRange(day.Day, part.MinId, part.MaxId, part.Tickets, part.Bytes);
        }

        if (open is not null)
            yield return open;
    }
}
