using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Numbers;

/// <summary>Hands out ticket numbers from blocks of one sequence; the next block is fetched while half of this one is left, so that no caller waits for the database in the steady state (T2).</summary>
public sealed class TicketNumbers(SettingsDatabase database)
{
    /// <summary>The increment of the sequence <c>ticket_numbers</c>.</summary>
    public const int BlockSize = 10_000;

    private readonly Lock gate = new();
    private long next;
    private long left;
    private Task<long>? spare;

    public async ValueTask<long> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task<long> fetching;
            lock (gate)
            {
                if (left < BlockSize / 2 && spare is null or { IsFaulted: true } or { IsCanceled: true })
                    spare = Task.Run(() => database.TakeNumbersAsync(CancellationToken.None), CancellationToken.None);
                if (left > 0)
                {
                    left--;
                    return next++;
                }

                fetching = spare!;
            }

            var first = await fetching.WaitAsync(cancel);
            lock (gate)
            {
                // Only one of those who waited for the block may open it.
                if (spare == fetching)
                    (next, left, spare) = (first, BlockSize, null);
            }
        }
    }
}
