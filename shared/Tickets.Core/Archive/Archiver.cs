using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tickets.Core.Archive;

/// <summary>
/// Moves closed tickets past their retention from the hot shards into day parts. Any number of processes may run it at once: a queue on a shard is
/// worked on by one of them. A run may be cut off at any point; the next one continues.
/// </summary>
public sealed class Archiver
{
    private readonly ArchiveTools _tools;
    private readonly Func<string, NpgsqlDataSource?> _shardByName;
    private readonly RemoveArchived _remove;
    private readonly ArchiveOptions _options;
    private readonly ILogger _log;

    /// <param name="shardByName">The data source of a hot shard; null when there is none of the name any more.</param>
    /// <param name="remove">Removes tickets from a hot shard once they are proven readable in cold.</param>
    internal Archiver(ArchiveTools tools, Func<string, NpgsqlDataSource?> shardByName, RemoveArchived remove, ArchiveOptions options, ILogger<Archiver> log) =>
        (_tools, _shardByName, _remove, _options, _log) = (tools, shardByName, remove, options, log);

    /// <summary>
    /// One run over the queues. What one queue leaves of the time goes to the next ones; a queue that fails is reported and does not stop the others.
    /// </summary>
    public async Task<ArchiveReport> RunAsync(IReadOnlyCollection<ColdQueue> queues, TimeSpan maxDuration, CancellationToken cancellationToken)
    {
        var start = _tools.Time.GetTimestamp();
        var report = ArchiveReport.Nothing;
        var turns = queues.SelectMany(q => q.Shards.Select(shard => (Queue: q, Shard: shard))).ToList();
        for (var i = 0; i < turns.Count; i++)
        {
            var share = (maxDuration - _tools.Time.GetElapsedTime(start)) / (turns.Count - i);
            var deadline = _tools.Time.GetTimestamp() + (long)(share.TotalSeconds * _tools.Time.TimestampFrequency);
            report += await RunQueueAsync(turns[i].Queue, turns[i].Shard, deadline, cancellationToken);
        }

        return report;
    }

    private async Task<ArchiveReport> RunQueueAsync(ColdQueue queue, string shard, long deadline, CancellationToken cancellationToken)
    {
        var move = default(QueueMove);
        try
        {
            var source = _shardByName(shard) ?? throw new InvalidOperationException($"Shard '{shard}' is not configured here.");
            await using var lease = await ArchiveLease.TryTakeAsync(source, queue.QueueId, cancellationToken);
            if (lease is null)
            {
                _log.QueueBusy(queue.Name, shard);
                return ArchiveReport.Nothing with { Busy = 1 };
            }

            var pace = new HotPace(source, _tools.Time, _options.HotShare);
            var due = new DueTickets(source, queue, queue.ClosedBefore(_tools.Time.GetUtcNow()), pace);
            if (queue.IsDeleted)
            {
                var deletion = new QueueDeletion(due, _remove, queue, shard, pace, _tools.Time);
                await deletion.RunAsync(lease, deadline, cancellationToken);
                if (deletion.Report.Deleted > 0)
                    _log.Deleted(deletion.Report.Deleted, queue.Name, shard);
                return deletion.Report;
            }

            await SettleStrayPartsAsync(queue, cancellationToken);
            move = new QueueMove(_tools, due, _remove, queue, shard, pace, _log);
            await move.RunAsync(lease, deadline, cancellationToken);
            var done = move.Report;
            if (done.Parts > 0)
                _log.Archived(done.Tickets, queue.Name, shard, done.Parts, done.Days, done.Bytes, done.RawBytes, done.Kept);
            return done;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _log.QueueFailed(e, queue.Name, shard);
            return (move?.Report ?? ArchiveReport.Nothing)
                + (ArchiveReport.Nothing with { Complete = false, Failures = [new ArchiveFailure(queue.Name, shard, null, e.Message)] });
        }
    }

    /// <summary>Parts that are still pending on a shard that the queue has left: who listed them had slept through the queue's move.</summary>
    private async Task SettleStrayPartsAsync(ColdQueue queue, CancellationToken cancellationToken)
    {
        var pending = await PendingParts.ShardsAsync(_tools, queue.Name, cancellationToken);
        foreach (var shard in pending.Except(queue.Shards, StringComparer.Ordinal))
        {
            if (_shardByName(shard) is not { } source)
                continue;
            await using var lease = await ArchiveLease.TryTakeAsync(source, queue.QueueId, cancellationToken);
            if (lease is not null)
                await new PendingParts(_tools, queue.Name, shard).SettleAsync(cancellationToken);
        }
    }
}
