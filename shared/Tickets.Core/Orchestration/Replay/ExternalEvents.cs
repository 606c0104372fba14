using Tickets.Core.Orchestration.History;

namespace Tickets.Core.Orchestration.Replay;

/// <summary>Events that wait for the code and code that waits for events. Neither a cancelled waiter nor a new execution loses an event.</summary>
internal sealed class ExternalEvents
{
    private readonly List<HistoryEvent> _untaken = [];
    private readonly List<Waiter> _waiting = [];

    /// <summary>In order of arrival.</summary>
    public IReadOnlyList<HistoryEvent> Untaken => _untaken;

    public bool AnyWaiting => _waiting.Count > 0;

    public Task<T> Wait<T>(string name, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellation);
        var early = _untaken.FindIndex(raised => Named(raised, name));
        if (early >= 0)
        {
            var payload = _untaken[early].Data;
            _untaken.RemoveAt(early);
            return Task.FromResult(Payload.To<T>(payload)!);
        }

        var answer = new TaskCompletionSource<T>();
        var waiter = new Waiter(name, payload => Complete(answer, payload));
        _waiting.Add(waiter);
        cancellation.UnsafeRegister(_ => Cancel(waiter, () => answer.TrySetCanceled(cancellation)), null);
        return answer.Task;
    }

    public void Raise(HistoryEvent raised)
    {
        // The newest waiter first, as Durable Task has it: a loop that waits again is nearer than what waited before.
        var waiter = _waiting.FindLast(waiter => Named(raised, waiter.Name));
        if (waiter is null)
        {
            _untaken.Add(raised);
            return;
        }

        _waiting.Remove(waiter);
        waiter.Complete(raised.Data);
    }

    private void Cancel(Waiter waiter, Action cancel)
    {
        if (_waiting.Remove(waiter))
            cancel();
    }

    private static void Complete<T>(TaskCompletionSource<T> answer, string? payload)
    {
        T? value;
        try
        {
            value = Payload.To<T>(payload);
        }
        catch (System.Text.Json.JsonException fault)
        {
            answer.TrySetException(fault);
            return;
        }

        answer.TrySetResult(value!);
    }

    private static bool Named(HistoryEvent raised, string name) => string.Equals(raised.Name, name, StringComparison.OrdinalIgnoreCase);

    private sealed record Waiter(string Name, Action<string?> Complete);
}
