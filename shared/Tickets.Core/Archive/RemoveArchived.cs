namespace Tickets.Core.Archive;

/// <summary>
/// Removes tickets from a hot shard, each only if it still has the version given, and writes the <c>archived</c> op of each, in one transaction.
/// </summary>
/// <returns>The ids of those removed; the others have changed and stay.</returns>
public delegate Task<IReadOnlyList<long>> RemoveArchived(
    string shard, int queueId, IReadOnlyList<(long TicketId, long Version)> tickets, CancellationToken cancellationToken);
