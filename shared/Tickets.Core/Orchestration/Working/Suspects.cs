namespace Tickets.Core.Orchestration.Working;

/// <summary>
/// What was taken over from a worker that gave no more sign of life may be what it died of. Such work begins one at a time and is marked before: if this worker
/// dies too, that counts against what ran, and not against all that it held.
/// </summary>
internal sealed class Suspects(TimeProvider clock)
{
    /// <summary>Who has not killed the process by then lets the next begin; the mark stays until it has ended.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly ActivityPlaces _one = new(1, static () => { });

    public async Task<IDisposable> EnterAsync(CancellationToken cancel)
    {
        await _one.EnterAsync("", cancel);
        return new Turn(_one, clock);
    }

    private sealed class Turn : IDisposable
    {
        private readonly ActivityPlaces _one;
        private readonly ITimer _timer;
        private int _left;

        public Turn(ActivityPlaces one, TimeProvider clock)
        {
            _one = one;
            _timer = clock.CreateTimer(static turn => ((Turn)turn!).Leave(), this, Longest, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            Leave();
            _timer.Dispose();
        }

        private void Leave()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                _one.Leave("");
        }
    }
}
