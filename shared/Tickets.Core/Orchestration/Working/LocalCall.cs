using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration.Working;

/// <summary>An activity that the worker which holds its orchestration runs itself.</summary>
internal sealed class LocalCall : IDisposable
{
    private const int Waits = 0;
    private const int Begun = 1;
    private const int Withdrawn = 2;

    private readonly CancellationTokenSource _lost = new();
    private int _state;

    public LocalCall(ActivityRunner runner, ActivityCall call)
    {
        Call = call;
        Outcome = Task.Run(() => runner.RunAsync(call, _lost.Token, () => Interlocked.CompareExchange(ref _state, Begun, Waits) == Waits));
    }

    public ActivityCall Call { get; }

    /// <summary>Cancelled when it was lost or withdrawn; it fails in no other way.</summary>
    public Task<HistoryEvent> Outcome { get; }

    /// <returns>False when it has begun already; else it never will.</returns>
    public bool Withdraw()
    {
        if (Interlocked.CompareExchange(ref _state, Withdrawn, Waits) == Begun)
            return false;
        _lost.Cancel();
        return true;
    }

    /// <summary>What comes of it does not count any more; its token fires.</summary>
    public void Lose() => _lost.Cancel();

    /// <summary>Only once it has ended.</summary>
    public void Dispose() => _lost.Dispose();
}
