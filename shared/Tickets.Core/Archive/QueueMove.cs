using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;
using Tickets.Core.Platform;

namespace Tickets.Core.Archive;

/// <summary>
/// Moves the due tickets of one queue on one shard, in batches. Each batch goes through the same order: parts, index rows that list them as pending, verification
/// by reading the parts back, removal from hot, index rows settled. While one batch is removed the next is written. A reader who looks hot first and then cold
/// finds every ticket at every instant, and a run that dies anywhere is settled by the next one: see <see cref="PendingParts"/>.
/// </summary>
internal sealed class QueueMove(ArchiveTools tools, DueTickets due, RemoveArchived remove, ColdQueue queue, string shard, HotPace pace, ILogger log)
{
    private const int TicketsPerWindow = 200_000;
    private const int TicketsPerBatch = 20_000;
    private const int PartsPerBatch = 99;
    private const int TicketsPerRemoval = 1_000;
    private const int TicketsPerSmallRemoval = 200;
    private const int Parallelism = 4;
    private readonly PartMove _partMove = new(tools.Parts, queue, due, shard, tools.Time);

    /// <summary>What was done so far, also when a run ended with an exception.</summary>
    public ArchiveReport Report { get; private set; } = ArchiveReport.Nothing;

    /// <param name="deadline">As a timestamp of the time provider; the batch that is running then is finished.</param>
    public async Task RunAsync(AdvisoryLock lease, long deadline, CancellationToken cancellationToken)
    {
        await new PendingParts(tools, queue.Name, shard).SettleAsync(cancellationToken);
        var removing = Task.CompletedTask;
        try
        {
            await foreach (var window in due.WindowsAsync(TicketsPerWindow, cancellationToken))
            {
                foreach (var batch in Batches(window))
                {
                    if (tools.Time.GetTimestamp() >= deadline)
                    {
                        await removing;
                        Report = Report with { Complete = false };
                        return;
                    }

                    var (proven, revision) = await CopyAsync(batch, cancellationToken);
                    await removing;
                    removing = RemoveAsync(proven, revision, lease, cancellationToken);
                }
            }
        }
        catch
        {
            await removing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await removing;
    }

    /// <summary>Parts, index, and the proof that they can be read.</summary>
    private async Task<(IReadOnlyList<WrittenPart> Proven, long Revision)> CopyAsync(
        IReadOnlyList<ReadOnlyMemory<DueTicket>> days, CancellationToken cancellationToken)
    {
        var written = await days.InParallelAsync(Parallelism, _partMove.WriteAsync, cancellationToken);
        var byDay = written.OfType<WrittenPart>().ToDictionary(p => p.Day);
        if (byDay.Count == 0)
            return ([], 0);
        var failures = new ConcurrentBag<ArchiveFailure>();
        var revision = await ListAsync(byDay, failures, cancellationToken);
        var proven = await byDay.Values.ToList().InParallelAsync(Parallelism, (p, c) => VerifyAsync(p, failures, c), cancellationToken);
        Report += ArchiveReport.Nothing with { Failures = [.. failures] };
        return (proven.OfType<WrittenPart>().ToList(), revision);
    }

    /// <summary>Puts the parts into their days' rows. A row that is full is compacted first: a day must never keep its tickets hot.</summary>
    private async Task<long> ListAsync(Dictionary<DateOnly, WrittenPart> byDay, ConcurrentBag<ArchiveFailure> failures, CancellationToken cancellationToken)
    {
        var full = new HashSet<DateOnly>();
        var revision = await AddAsync(byDay.Keys);
        if (full.Count == 0)
            return revision;
        foreach (var day in full)
            await tools.Compaction.CompactDayAsync(queue.Name, day, CompactionRule.All, cancellationToken);
        var again = full.ToList();
        full.Clear();
        revision = await AddAsync(again);
        foreach (var day in full)
        {
            log.DayFull(PartName.Format(day), queue.Name);
            failures.Add(new ArchiveFailure(queue.Name, shard, byDay[day].Name, "the day has as many parts as its row can hold"));
            byDay.Remove(day);
        }

        return revision;

        Task<long> AddAsync(IReadOnlyCollection<DateOnly> days) => tools.Shards.CommitAsync(
            queue.Name,
            days,
            day =>
            {
                full.Remove(day.Day);
                var changed = day.With(byDay[day.Day].Entry);
                if (changed.Fits)
                    return changed;
                full.Add(day.Day);
                return day;
            },
            cancellationToken);
    }

    /// <summary>The part if it reads back as the index row says; otherwise it is taken out of the row again and null comes back.</summary>
    private async Task<WrittenPart?> VerifyAsync(WrittenPart part, ConcurrentBag<ArchiveFailure> failures, CancellationToken cancellationToken)
    {
        try
        {
            var start = pace.Begin();
            if (!part.Entry.IsOf(await tools.Parts.CheckAsync(part.Name, cancellationToken)))
                throw new DamagedPartException(part.Name, 0, "it holds something else than was written");
            await pace.BreatheAsync(start, cancellationToken);
            return part;
        }
        catch (DamagedPartException e)
        {
            ColdMetrics.DamagedParts.Add(1);
            log.PartWithdrawn(e, part.Name);
            failures.Add(new ArchiveFailure(queue.Name, shard, part.Name, e.Message));
            await tools.Shards.CommitAsync(queue.Name, [part.Day], day => day.Retire(part.Entry.Part, tools.Now), cancellationToken);
            return null;
        }
    }

    private async Task RemoveAsync(IReadOnlyList<WrittenPart> proven, long revision, AdvisoryLock lease, CancellationToken cancellationToken)
    {
        var removed = new HashSet<long>();
        var tickets = proven.SelectMany(p => p.Tickets).ToList();
        for (var done = 0; done < tickets.Count;)
        {
            var start = pace.Begin();
            var bite = tickets.GetRange(done, Math.Min(pace.IsBusy ? TicketsPerSmallRemoval : TicketsPerRemoval, tickets.Count - done));
            pace.CountOurs(bite.Count);
            removed.UnionWith(await remove(lease.Session, shard, queue.QueueId, bite, revision, cancellationToken));
            done += bite.Count;
            await pace.BreatheAsync(start, cancellationToken);
        }

        await new PendingParts(tools, queue.Name, shard).SettleAsync(
            proven.ToDictionary(p => (p.Day, p.Entry.Part), p => p.Tickets.Select(t => t.TicketId).Where(id => !removed.Contains(id)).ToList()),
            proven.Where(p => !p.Tickets.Any(t => removed.Contains(t.TicketId))).Select(p => p.Entry.Part).ToHashSet(StringComparer.Ordinal),
            cancellationToken);

        var bytes = proven.Sum(p => p.Entry.Bytes);
        ColdMetrics.Archived.Add(removed.Count);
        ColdMetrics.StoredBytes.Add(bytes);
        Report += new ArchiveReport(
            removed.Count, tickets.Count - removed.Count, proven.Count, proven.Count, bytes, proven.Sum(p => p.Entry.RawBytes), 0, true, []);
    }

    /// <summary>Cuts a window, which is sorted by day, into batches of whole days.</summary>
    private static IEnumerable<IReadOnlyList<ReadOnlyMemory<DueTicket>>> Batches(DueTicket[] window)
    {
        var batch = new List<ReadOnlyMemory<DueTicket>>();
        var tickets = 0;
        for (var start = 0; start < window.Length;)
        {
            var end = start + 1;
            while (end < window.Length && window[end].Day == window[start].Day)
                end++;
            if (batch.Count == PartsPerBatch || (batch.Count > 0 && tickets + end - start > TicketsPerBatch))
            {
                yield return batch;
                (batch, tickets) = ([], 0);
            }

            batch.Add(window.AsMemory(start, end - start));
            tickets += end - start;
            start = end;
        }

        yield return batch;
    }
}
