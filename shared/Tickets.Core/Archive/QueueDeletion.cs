using Tickets.Core.Platform;

namespace Tickets.Core.Archive;

/// <summary>Deletes the due tickets of a queue that keeps nothing beyond its hot retention, each with its <c>deleted</c> op. Nothing of them goes to the cold tier.</summary>
internal sealed class QueueDeletion(DueTickets due, RemoveArchived remove, ColdQueue queue, string shard, HotPace pace, TimeProvider time)
{
    private const int TicketsPerWindow = 200_000;
    private const int TicketsPerRemoval = 500;

    public ArchiveReport Report { get; private set; } = ArchiveReport.Nothing;

    /// <param name="deadline">As a timestamp of the time provider.</param>
    public async Task RunAsync(AdvisoryLock lease, long deadline, CancellationToken cancellationToken)
    {
        await foreach (var window in due.WindowsAsync(TicketsPerWindow, cancellationToken))
        {
            foreach (var bite in window.Chunk(TicketsPerRemoval))
            {
                if (time.GetTimestamp() >= deadline)
                {
                    Report = Report with { Complete = false };
                    return;
                }

                var start = pace.Begin();
                pace.CountOurs(bite.Length);
                var left = await remove(lease.Session, shard, queue.QueueId, [.. bite.Select(ticket => new CopiedTicket(ticket.TicketId, ticket.Version, CopiedTicket.Nowhere))], 0, cancellationToken);
                Report += ArchiveReport.Nothing with { Deleted = left.Count };
                await pace.BreatheAsync(start, cancellationToken);
            }
        }
    }
}
