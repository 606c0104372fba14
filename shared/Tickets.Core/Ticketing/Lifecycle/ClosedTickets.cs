using Tickets.Core.Archive;
using Tickets.Core.Archive.Format;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>Looks whether all of these tickets have closed, on whichever shard they are, hot or cold.</summary>
internal sealed class ClosedTickets(TicketRow rows, ShardSet shards, SettingsCache settings, ColdTickets cold)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <param name="areKnown">They have been there: one that is nowhere any more was closed and forgotten.</param>
    /// <param name="looks">So many before this one: it is looked ever less often.</param>
    public async Task<StepOutcome> LookAsync(IReadOnlyList<long> tickets, bool areKnown, int looks, CancellationToken cancel)
    {
        foreach (var ticket in tickets)
        {
            var isOpen = await IsOpenAsync(ticket, cancel);
            // Moved from a shard not asked yet to one asked already, or come back from cold: then it is found the second time.
            if (isOpen is null && !areKnown && !await IsArchivedAsync(ticket, cancel) && (isOpen = await IsOpenAsync(ticket, cancel)) is null)
                return StepOutcome.Failed($"There is no ticket {TicketId.Format(ticket)} to wait for.");
            if (isOpen == true)
                return StepOutcome.TryAgain(Pause(looks));
        }

        return StepOutcome.Done;
    }

    /// <returns>Null when no shard has it.</returns>
    private async Task<bool?> IsOpenAsync(long ticket, CancellationToken cancel)
    {
        bool? isOpen = null;
        foreach (var shard in shards.All)
        {
            if (await rows.FindAsync(shard.Name, ticket, cancel) is not { } found)
                continue;
            if (found.ClosedAt is null)
                return true;
            isOpen = false;
        }

        return isOpen;
    }

    private async Task<bool> IsArchivedAsync(long ticket, CancellationToken cancel)
    {
        try
        {
            return (await cold.LookupAsync([.. settings.Current.Queues.Keys], [.. shards.All.Select(shard => shard.Name)], ticket, cancel)).Json is not null;
        }
        catch (OfflinePartException)
        {
            // Only what is archived can be offline.
            return true;
        }
    }

    private static TimeSpan Pause(int looks)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(looks, 16));
        return pause < LongestPause ? pause : LongestPause;
    }
}
