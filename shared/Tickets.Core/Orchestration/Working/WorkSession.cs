namespace Tickets.Core.Orchestration.Working;

/// <summary>
/// One go at the work. First it is to stop: nothing more is taken up, and what is held is given back when it can be. A patience later it has ended: what still
/// runs is told by its token and given back as it is. With a budget of time, both happen within it.
/// </summary>
internal sealed class WorkSession : IDisposable
{
    /// <summary>Of a budget, at most this part is kept for giving back.</summary>
    private const int PartForGivingBack = 4;

    private readonly CancellationTokenSource _budget;
    private readonly CancellationTokenSource _stopping;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenRegistration _onStopping;
    private ITimer? _patience;

    public WorkSession(TimeSpan? budget, TimeSpan patience, TimeProvider clock, CancellationToken stop)
    {
        if (budget is { } time)
        {
            patience = time / PartForGivingBack < patience ? time / PartForGivingBack : patience;
            Until = clock.GetUtcNow() + time - patience;
            _budget = new CancellationTokenSource(time - patience, clock);
        }
        else
        {
            _budget = new CancellationTokenSource();
        }

        _stopping = CancellationTokenSource.CreateLinkedTokenSource(stop, _budget.Token);
        _onStopping = Stopping.UnsafeRegister(_ => _patience = clock.CreateTimer(_ => _ended.Cancel(), null, patience, Timeout.InfiniteTimeSpan), null);
    }

    /// <summary>When it stops by itself; null: it does not.</summary>
    public DateTimeOffset? Until { get; }

    public CancellationToken Stopping => _stopping.Token;

    public CancellationToken Ended => _ended.Token;

    public void Dispose()
    {
        _onStopping.Dispose();
        _patience?.Dispose();
        _stopping.Dispose();
        _budget.Dispose();
        _ended.Dispose();
    }
}
