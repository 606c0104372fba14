using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>
/// Moves closed tickets past their retention from the hot shards into day parts. Any number of processes may run it at once: a queue on a shard is
/// worked on by one of them. A run may be cut off at any point; the next one continues.
/// </summary>
/// <param name="shardByName">The data source of a hot shard.</param>
/// <param name="remove">Removes tickets from a hot shard once they are proven readable in cold.</param>
public sealed class Archiver(
    ColdShards shards, ColdParts parts, Func<string, NpgsqlDataSource> shardByName, RemoveArchived remove, TimeProvider time, ILogger<Archiver> log)
{
    /// <summary>
    /// One run over the queues. What one queue leaves of the time goes to the next ones; a queue that fails is reported and does not stop the others.
    /// </summary>
    public async Task<ArchiveReport> RunAsync(IReadOnlyCollection<ColdQueue> queues, TimeSpan maxDuration, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var report = ArchiveReport.Nothing;
        var turns = queues.SelectMany(q => q.Shards.Select(shard => (Queue: q, Shard: shard))).ToList();
        for (var i = 0; i < turns.Count; i++)
        {
            var share = (maxDuration - time.GetElapsedTime(start)) / (turns.Count - i);
            var deadline = time.GetTimestamp() + (long)(share.TotalSeconds * time.TimestampFrequency);
            report += await RunQueueAsync(turns[i].Queue, turns[i].Shard, deadline, cancellationToken);
        }

        return report;
    }

    private async Task<ArchiveReport> RunQueueAsync(ColdQueue queue, string shard, long deadline, CancellationToken cancellationToken)
    {
        var move = default(QueueMove);
        try
        {
            var source = shardByName(shard);
            await using var lease = await ArchiveLease.TryTakeAsync(source, queue.QueueId, cancellationToken);
            if (lease is null)
            {
                log.QueueBusy(queue.Name, shard);
                return ArchiveReport.Nothing with { Busy = 1 };
            }

            var due = new DueTickets(source, queue, queue.ClosedBefore(time.GetUtcNow()));
            move = new QueueMove(shards, parts, due, remove, queue, shard, time, log);
            await move.RunAsync(lease, deadline, cancellationToken);
            var done = move.Report;
            if (done.Parts > 0)
                log.Archived(done.Tickets, queue.Name, shard, done.Parts, done.Days, done.Bytes, done.RawBytes, done.Kept);
            return done;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.QueueFailed(e, queue.Name, shard);
            return (move?.Report ?? ArchiveReport.Nothing)
                + (ArchiveReport.Nothing with { Complete = false, Failures = [new ArchiveFailure(queue.Name, shard, null, e.Message)] });
        }
    }
}
