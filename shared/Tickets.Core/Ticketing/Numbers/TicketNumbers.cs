using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Numbers;

/// <summary>Hands out ticket numbers from blocks of one sequence; the next block is fetched while half of this one is left, so that no caller waits for the database in the steady state (T2).</summary>
public sealed class TicketNumbers(SettingsDatabase database)
{
    /// <summary>The increment of the sequence <c>ticket_numbers</c>.</summary>
    public const int BlockSize = 10_000;

    private readonly Lock _gate = new();
    private long _next;
    private long _left;
    private Task<long>? _spare;

    public async ValueTask<long> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task<long> fetching;
            lock (_gate)
            {
                if (_left < BlockSize / 2 && _spare is null or { IsFaulted: true } or { IsCanceled: true })
                    _spare = Task.Run(() => database.TakeNumbersAsync(CancellationToken.None), CancellationToken.None);
                if (_left > 0)
                {
                    _left--;
                    return _next++;
                }

                fetching = _spare!;
            }

            var first = await fetching.WaitAsync(cancel);
            lock (_gate)
            {
                // Only one of those who waited for the block may open it.
                if (_spare == fetching)
                    (_next, _left, _spare) = (first, BlockSize, null);
            }
        }
    }
}
