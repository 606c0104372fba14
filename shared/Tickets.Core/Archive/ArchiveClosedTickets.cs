using Tickets.Core.Settings;

namespace Tickets.Core.Archive;

/// <summary>The archiver's run over all queues as the settings have them.</summary>
public sealed class ArchiveClosedTickets(Archiver archiver, SettingsCache settings)
{
    /// <summary>Moves what is due, for at most so long; the next run goes on where this one ended.</summary>
    public async Task<ArchiveReport> RunAsync(TimeSpan maxDuration, CancellationToken cancel)
    {
        // What moves between shards is not moved to cold as well: its place is not settled.
        var queues = settings.Current.Queues.Values.Where(queue => queue.Definition.Moving is null).Select(queue => new ColdQueue(
            queue.QueueId,
            queue.Name,
            queue.HotRetention,
            queue.Shards,
            queue.Workflow.Fields.Values.ToDictionary(field => field.Name, field => (field.IsText, field.Slot), StringComparer.Ordinal)));
        return await archiver.RunAsync([.. queues], maxDuration, cancel);
    }
}
