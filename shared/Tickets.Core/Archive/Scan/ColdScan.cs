using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive.Scan;

/// <param name="Tickets">Looked at.</param>
/// <param name="Bytes">Stored bytes read.</param>
public sealed record ScanTally(long Tickets, long Bytes, long Matched)
{
    public static readonly ScanTally Nothing = new(0, 0, 0);

    public static ScanTally operator +(ScanTally a, ScanTally b) => new(a.Tickets + b.Tickets, a.Bytes + b.Bytes, a.Matched + b.Matched);
}

/// <summary>Reads all cold tickets of a range, in whatever parts they are now.</summary>
public sealed class ColdScan(ColdShards shards, ColdParts parts)
{
    private const int MaxAttempts = 5;

    /// <summary>The units of a scan of the days from the first to the last, both included. Tickets that move to cold while it runs may or may not be seen.</summary>
    internal async Task<List<List<ScanRange>>> PlanAsync(string queue, DateOnly first, DateOnly last, long bytesPerUnit, CancellationToken cancellationToken) =>
        ScanPlan.Units(await shards.ReadDaysAsync(queue, first, last, cancellationToken), bytesPerUnit);

    /// <summary>
    /// Tickets come in order of id. When parts are replaced under the reader it goes on in the new ones after the last ticket that it has told: nothing comes twice, and memory holds
    /// one block a part.
    /// </summary>
    /// <param name="found">The id and the document, whose memory holds until it returns.</param>
    /// <exception cref="DamagedPartException">A part is damaged or missing.</exception>
    /// <exception cref="OfflinePartException">A part cannot be read at present.</exception>
    internal async Task<ScanTally> ReadAsync(
        string queue, ScanRange range, ScanFilter filter, Func<long, ReadOnlyMemory<byte>, ValueTask> found, CancellationToken cancellationToken)
    {
        var (tickets, matched, next) = (0L, 0L, range.FirstId);
        for (var attempt = 1; ; attempt++)
        {
            var row = await shards.ReadDayAsync(queue, range.Day, cancellationToken);
            var inputs = row.Parts.Where(part => part.Pending is null && part.MinId <= range.LastId && part.MaxId >= next).ToList();
            try
            {
                await foreach (var (id, json) in MergedParts.ReadAsync(parts, queue, row.Day, inputs, cancellationToken))
                {
                    if (id < next || id > range.LastId)
                        continue;
                    tickets++;
                    if (filter.Matches(json.Span))
                    {
                        matched++;
                        await found(id, json);
                    }

                    next = id + 1;
                }

                return new ScanTally(tickets, inputs.Sum(part => part.Bytes), matched);
            }
            catch (DamagedPartException) when (attempt < MaxAttempts)
            {
                if ((await shards.ReadDayAsync(queue, range.Day, cancellationToken)).Revision == row.Revision)
                    throw;
            }
        }
    }
}
