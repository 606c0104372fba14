using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <param name="Days">Days whose rows were made again.</param>
/// <param name="Parts">Parts listed in them.</param>
/// <param name="Damaged">Parts that are damaged or missing, with what is wrong.</param>
public sealed record RebuildReport(int Days, int Parts, long Tickets, IReadOnlyList<string> Damaged)
{
    internal static readonly RebuildReport Nothing = new(0, 0, 0, []);

    public static RebuildReport operator +(RebuildReport a, RebuildReport b) => new(a.Days + b.Days, a.Parts + b.Parts, a.Tickets + b.Tickets, [.. a.Damaged, .. b.Damaged]);
}

/// <summary>
/// Makes the rows of days again from the parts themselves: every blob of the day is read and checked, and those that were retired are left out. Rows that are there are kept, and their
/// parts checked, so it is also the way to find damage. A damaged part stays listed: a lookup must name it rather than say that there is no such ticket.
/// </summary>
public sealed class IndexRebuild(ColdShards shards, ColdParts parts)
{
    /// <summary>The days that have blobs or rows.</summary>
    public async Task<IReadOnlyList<DateOnly>> DaysAsync(string queue, CancellationToken cancellationToken)
    {
        var days = (await shards.ReadChangesAsync(queue, 0, cancellationToken)).Select(row => row.Day).ToHashSet();
        await foreach (var blob in parts.ListAsync($"{QueueKey.Escape(queue)}/", cancellationToken))
        {
            if (PartName.TryParse(blob.Name, out var day, out _))
                days.Add(day);
        }

        return days.Order().ToList();
    }

    public async Task<RebuildReport> RebuildDayAsync(string queue, DateOnly day, CancellationToken cancellationToken)
    {
        var row = await shards.ReadDayAsync(queue, day, cancellationToken);
        var damaged = new List<string>();
        if (row.ETag != default)
        {
            foreach (var part in row.Parts)
                await CheckAsync(PartName.Of(queue, day, part.Part), part, damaged, cancellationToken);
            return new RebuildReport(0, row.Parts.Count, row.Parts.Sum(part => part.Tickets), damaged);
        }

        var found = new List<DayPart>();
        await foreach (var blob in parts.ListAsync(PartName.Prefix(queue, day), cancellationToken))
        {
            if (PartName.TryParse(blob.Name, out _, out var id) && !PartMetadata.IsRetired(blob)
                && await CheckAsync(blob.Name, PartMetadata.Read(blob, id), damaged, cancellationToken) is { } part)
                found.Add(part with { Part = id });
        }

        if (found.Count == 0)
            return RebuildReport.Nothing with { Damaged = damaged };
        found.Sort((a, b) => a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Part, b.Part));
        await shards.CommitAsync(queue, [day], current => found.Aggregate(current, (d, part) => d.With(part)), cancellationToken);
        return new RebuildReport(1, found.Count, found.Sum(part => part.Tickets), damaged);
    }

    /// <summary>The part as its row should list it; null when neither its blob nor its metadata can tell.</summary>
    private async Task<DayPart?> CheckAsync(string name, DayPart? told, List<string> damaged, CancellationToken cancellationToken)
    {
        try
        {
            var read = await parts.CheckAsync(name, cancellationToken);
            if (told?.IsOf(read) == false)
                throw new DamagedPartException(name, 0, "it is not the part that was listed");
            return told ?? DayPart.From(0, read);
        }
        catch (DamagedPartException e)
        {
            ColdMetrics.DamagedParts.Add(1);
            damaged.Add(e.Message);
            return told;
        }
        catch (OfflinePartException)
        {
            // Only what was written beside it can be known.
            return told;
        }
    }
}
