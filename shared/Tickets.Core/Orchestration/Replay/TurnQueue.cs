using Tickets.Core.Orchestration.Determinism;

namespace Tickets.Core.Orchestration.Replay;

/// <summary>
/// Runs the continuations of an orchestrator on the one thread of its step, in the order in which they became ready. A continuation that comes from another
/// thread was set off by something that no replay would bring back: it is not run, and the rule is reported.
/// </summary>
internal sealed class TurnQueue : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Run, object? State)> _ready = new();
    private int _thread = -1;

    /// <summary>The first rule that was broken by code of this orchestrator while it ran or after.</summary>
    public NonDeterministicOrchestrationException? Fault { get; private set; }

    public bool IsCurrent => Current == this && _thread == Environment.CurrentManagedThreadId;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (_thread == Environment.CurrentManagedThreadId)
            _ready.Enqueue((d, state));
        else
            Report(DeterminismRules.NonDurableAwait, "the orchestrator awaited a task that is not the context's.");
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("An orchestrator cannot be entered from outside.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Lets the code do something and then run on as far as it gets.</summary>
    public void Run(Action enter)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        _thread = Environment.CurrentManagedThreadId;
        try
        {
            enter();
            while (_ready.TryDequeue(out var next))
                next.Run(next.State);
        }
        finally
        {
            _thread = -1;
            SetSynchronizationContext(outer);
        }
    }

    /// <exception cref="NonDeterministicOrchestrationException">The caller is not the orchestrator on its own thread.</exception>
    public void EnsureCurrent()
    {
        if (!IsCurrent)
            throw Report(DeterminismRules.ConfigureAwait, "the context was used off the orchestrator's thread, as after ConfigureAwait(false) or in Task.Run.");
    }

    public NonDeterministicOrchestrationException Report(string rule, string message) => Fault ??= new NonDeterministicOrchestrationException(rule, message);
}
