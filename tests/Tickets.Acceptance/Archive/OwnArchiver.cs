using Microsoft.Extensions.Logging.Abstractions;
using Tickets.Core.Archive;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing;

namespace Tickets.Acceptance.Archive;

/// <summary>An archiver of a test's own, in a process of its own, for one queue. The queue's retention keeps every other archiver off it.</summary>
internal static class OwnArchiver
{
    /// <summary>Moves every closed ticket of the queue, however long it has been closed.</summary>
    /// <param name="removal">Comes between the archiver and the removal from hot; null lets it be.</param>
    public static async Task<ArchiveReport> ArchiveAsync(this CoreProcess process, string queue, Func<RemoveArchived, RemoveArchived>? removal = null)
    {
        await process.Get<SettingsCache>().RefreshAsync(CancellationToken.None);
        var settings = process.Get<SettingsCache>().Current.Queues[queue];
        var shards = process.Get<ShardSet>();
        RemoveArchived remove = process.Get<LeaveHot>().RemoveAsync;
        var archiver = new Archiver(process.Get<ArchiveTools>(), shard => shards[shard].Database, removal?.Invoke(remove) ?? remove, process.Get<ArchiveOptions>(), NullLogger<Archiver>.Instance);
        var fields = settings.Workflow.Fields.Values.ToDictionary(field => field.Name, field => (field.IsText, field.Slot), StringComparer.Ordinal);
        var report = ArchiveReport.Nothing with { Busy = 1 };
        // The app's own archiver looks at every queue now and then.
        while (report.Busy > 0)
            report = await archiver.RunAsync([new ColdQueue(settings.QueueId, queue, TimeSpan.Zero, settings.Shards, fields)], TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.True(removal is not null || report.Failures.Count == 0, string.Join("; ", report.Failures));
        return report;
    }

    /// <summary>Lets some tickets leave and then ends the run: what it had listed stays pending.</summary>
    public static RemoveArchived CutOff(RemoveArchived remove, IReadOnlySet<long> leave) => async (session, shard, queueId, tickets, revision, cancel) =>
    {
        await remove(session, shard, queueId, [.. tickets.Where(ticket => leave.Contains(ticket.TicketId))], revision, cancel);
        throw new InvalidOperationException("the run ends here");
    };
}
