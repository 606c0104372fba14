using Npgsql;

namespace Tickets.Core.Archive;

/// <param name="Version">The version that was copied.</param>
/// <param name="Part">The part that it was copied to.</param>
public readonly record struct CopiedTicket(long TicketId, long Version, ulong Part)
{
    /// <summary>It was not copied: its queue has its tickets deleted.</summary>
    public const ulong Nowhere = 0;
}

/// <summary>
/// Removes tickets from a hot shard, each only if it still has the version given, and writes the <c>archived</c> op of each (<c>deleted</c> when it was copied nowhere) and the rows of <c>tier_moves</c>, in
/// one transaction. It runs in the session that holds the queue's lease: who has lost the lease can remove nothing any more.
/// </summary>
/// <param name="revision">The revision of the cold index that lists the parts.</param>
/// <returns>The ids of those removed; the others have changed and stay.</returns>
public delegate Task<IReadOnlyList<long>> RemoveArchived(
    NpgsqlConnection session, string shard, int queueId, IReadOnlyList<CopiedTicket> tickets, long revision, CancellationToken cancellationToken);
