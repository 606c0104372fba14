using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>
/// Moves the due tickets of one queue on one shard, in batches. Each batch goes through the same order: parts, index rows, verification by reading the
/// parts back, removal from hot. Until the last step the tickets are hot, after the second they are cold as well: a reader who looks hot first and then
/// cold finds them at every instant, and a run that dies anywhere is simply repeated.
/// </summary>
internal sealed class QueueMove(
    ColdShards shards, ColdParts parts, DueTickets due, RemoveArchived remove, ColdQueue queue, string shard, TimeProvider time, ILogger log)
{
    private const int TicketsPerWindow = 200_000;
    private const int TicketsPerBatch = 20_000;
    private const int PartsPerBatch = 99;
    private const int TicketsPerRemoval = 1_000;
    private const int Parallelism = 4;
    private readonly PartMove _partMove = new(parts, queue, due, log);

    /// <summary>What was done so far, also when a run ended with an exception.</summary>
    public ArchiveReport Report { get; private set; } = ArchiveReport.Nothing;

    /// <param name="deadline">As a timestamp of the time provider; the batch that is running then is finished.</param>
    public async Task RunAsync(ArchiveLease lease, long deadline, CancellationToken cancellationToken)
    {
        await foreach (var window in due.WindowsAsync(TicketsPerWindow, cancellationToken))
        {
            foreach (var batch in Batches(window))
            {
                if (time.GetTimestamp() >= deadline)
                {
                    Report = Report with { Complete = false };
                    return;
                }

                Report += await MoveAsync(batch, lease, cancellationToken);
            }
        }
    }

    private async Task<ArchiveReport> MoveAsync(IReadOnlyList<ReadOnlyMemory<DueTicket>> days, ArchiveLease lease, CancellationToken cancellationToken)
    {
        var written = await InParallelAsync(days, _partMove.WriteAsync, cancellationToken);
        var byDay = written.OfType<WrittenPart>().ToDictionary(p => p.Day);
        var full = new HashSet<DateOnly>();
        await shards.CommitAsync(queue.Name, byDay.Keys, day => Add(day, byDay[day.Day].Entry, full), cancellationToken);

        var failures = new ConcurrentBag<ArchiveFailure>();
        foreach (var day in full)
        {
            log.DayFull(PartName.Format(day), queue.Name);
            failures.Add(new ArchiveFailure(queue.Name, shard, byDay[day].Name, "the day has as many parts as its row can hold"));
        }

        var proven = (await InParallelAsync(
            byDay.Values.Where(p => !full.Contains(p.Day)).ToList(), (p, c) => VerifyAsync(p, failures, c), cancellationToken)).OfType<WrittenPart>().ToList();
        await lease.EnsureHeldAsync(cancellationToken);
        var removed = 0L;
        foreach (var tickets in proven.SelectMany(p => p.Tickets).Chunk(TicketsPerRemoval))
            removed += (await remove(shard, queue.QueueId, tickets, cancellationToken)).Count;

        var bytes = proven.Sum(p => p.Entry.Bytes);
        ColdMetrics.Archived.Add(removed);
        ColdMetrics.StoredBytes.Add(bytes);
        return new ArchiveReport(
            removed, proven.Sum(p => p.Tickets.Count) - removed, proven.Count, proven.Count, bytes, proven.Sum(p => p.Entry.RawBytes), 0, true, [.. failures]);
    }

    private static ColdDay Add(ColdDay day, DayPart part, HashSet<DateOnly> full)
    {
        var changed = day.With(part);
        if (changed.Fits)
            return changed;
        full.Add(day.Day);
        return day;
    }

    /// <summary>The part if it reads back as the index row says; otherwise it is taken out of the row again and null comes back.</summary>
    private async Task<WrittenPart?> VerifyAsync(WrittenPart part, ConcurrentBag<ArchiveFailure> failures, CancellationToken cancellationToken)
    {
        try
        {
            var read = await parts.CheckAsync(part.Name, cancellationToken);
            var entry = DayPart.From(PartName.ParseId(part.Entry.Part), read);
            if (entry with { Ids = part.Entry.Ids } != part.Entry || !entry.Ids.AsSpan().SequenceEqual(part.Entry.Ids))
                throw new DamagedPartException(part.Name, 0, "it holds something else than was written");
            return part;
        }
        catch (DamagedPartException e)
        {
            ColdMetrics.DamagedParts.Add(1);
            log.PartWithdrawn(e, part.Name);
            failures.Add(new ArchiveFailure(queue.Name, shard, part.Name, e.Message));
            await shards.CommitAsync(queue.Name, [part.Day], day => day.Without(part.Entry.Part), cancellationToken);
            return null;
        }
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

    private static async Task<TResult[]> InParallelAsync<T, TResult>(
        IReadOnlyList<T> items, Func<T, CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
    {
        var results = new TResult[items.Count];
        await Parallel.ForAsync(
            0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
            async (i, token) => results[i] = await work(items[i], token));
        return results;
    }
}
