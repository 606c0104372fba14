using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Archive.Index;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Archive;

/// <param name="Deleted">Blobs.</param>
/// <param name="Orphans">Blobs that nobody listed and that are to be deleted.</param>
/// <param name="Tiered">Parts that went to another access tier.</param>
/// <param name="Busy">Queues left alone because another process has them.</param>
/// <param name="Complete">False when time ran out.</param>
public sealed record ColdUpkeepReport(CompactionReport Compaction, int Deleted, int Orphans, int Tiered, int Busy, bool Complete);

/// <summary>Keeps the cold tier small and fast: merges small parts, deletes what was replaced or left behind, moves old parts to cheaper tiers. One process a queue.</summary>
public sealed class ColdUpkeep(
    ColdShards shards, ColdIndex index, Compaction compaction, ColdSweep sweep, PartAging aging, TierMoves moves, ShardSet databases, SettingsCache settings, ArchiveOptions options, TimeProvider time,
    ILogger<ColdUpkeep> log)
{
    /// <summary>Where processes settle who keeps a queue up: the same shard for all of them.</summary>
    internal static NpgsqlDataSource LeaseOn(ShardSet shards) => shards.All.MinBy(shard => shard.Name, StringComparer.Ordinal)!.Sessions;

    /// <summary>One run over all queues that have anything cold; a queue that fails does not stop the others.</summary>
    /// <param name="whole">Whether to look for orphans and for parts that have grown old too, which reads every row and lists every blob.</param>
    public async Task<ColdUpkeepReport> RunAsync(TimeSpan maxDuration, bool whole, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        foreach (var shard in databases.All)
            await moves.ForgetAsync(shard.Name, cancellationToken);
        var report = new ColdUpkeepReport(CompactionReport.Nothing, 0, 0, 0, 0, true);
        foreach (var queue in await shards.ReadQueuesAsync(cancellationToken))
        {
            if (time.GetElapsedTime(start) > maxDuration)
                return report with { Complete = false };
            try
            {
                await using var lease = await ArchiveLease.TryTakeUpkeepAsync(LeaseOn(databases), queue, cancellationToken);
                report = lease is null ? report with { Busy = report.Busy + 1 } : await RunQueueAsync(report, queue, maxDuration - time.GetElapsedTime(start), whole, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                log.UpkeepFailed(e, queue);
                report = report with { Compaction = report.Compaction with { Failures = [.. report.Compaction.Failures, new ArchiveFailure(queue, "", null, e.Message)] } };
            }
        }

        return report;
    }

    private async Task<ColdUpkeepReport> RunQueueAsync(ColdUpkeepReport report, string queue, TimeSpan maxDuration, bool whole, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var (compacted, complete) = (report.Compaction, true);
        foreach (var day in DaysToLookAt((await index.RefreshAsync(queue, cancellationToken)).Parts))
        {
            if (time.GetElapsedTime(start) > maxDuration)
            {
                complete = false;
                break;
            }

            compacted += await compaction.CompactDayAsync(queue, day, CompactionRule.Tiered, cancellationToken);
        }

        var deleted = await sweep.DeleteRetiredAsync(queue, cancellationToken);
        if (whole && settings.Current.Queues.GetValueOrDefault(queue)?.ColdRetention is { } kept)
            await aging.DeleteOlderAsync(queue, time.GetUtcNow() - kept, cancellationToken);
        var (orphans, tiered) = whole ? (await sweep.RetireOrphansAsync(queue, cancellationToken), await aging.SetTiersAsync(queue, cancellationToken)) : (0, 0);
        return report with
        {
            Compaction = compacted,
            Deleted = report.Deleted + deleted,
            Orphans = report.Orphans + orphans,
            Tiered = report.Tiered + tiered,
            Complete = report.Complete && complete,
        };
    }

    /// <summary>What the rule would merge, as far as memory tells: days with many small parts, or with several and quiet.</summary>
    private IEnumerable<DateOnly> DaysToLookAt(QueueParts parts)
    {
        var quietSince = (time.GetUtcNow() - options.QuietTime).ToUnixTimeSeconds() / 60;
        return parts.DaysOfSeveralParts().Where(day => day.Parts >= options.CompactAtParts || day.AtMinutes <= quietSince).Select(day => day.Day);
    }
}
