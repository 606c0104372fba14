using Tickets.Core.Orchestration.History;

namespace Tickets.Core.Orchestration.Replay;

/// <summary>Something that the code has begun and whose outcome has not come in.</summary>
internal abstract class OpenTask(HistoryEvent begun)
{
    public HistoryEvent Begun { get; } = begun;

    public abstract void Complete(HistoryEvent outcome);
}

/// <summary>An activity or a sub-orchestration.</summary>
internal sealed class OpenCall<T>(HistoryEvent begun) : OpenTask(begun)
{
    private readonly TaskCompletionSource<T> _answer = new();

    public Task<T> Answer => _answer.Task;

    public override void Complete(HistoryEvent outcome)
    {
        if (outcome.Failure is { } failure)
        {
            _answer.TrySetException(new TaskFailedException(Begun.Name ?? "", Begun.Id, failure));
            return;
        }

        T? value;
        try
        {
            value = Payload.To<T>(outcome.Data);
        }
        catch (System.Text.Json.JsonException fault)
        {
            _answer.TrySetException(new TaskFailedException(Begun.Name ?? "", Begun.Id, TaskFailureDetails.FromException(fault)));
            return;
        }

        _answer.TrySetResult(value!);
    }
}

internal sealed class OpenTimer(HistoryEvent begun) : OpenTask(begun)
{
    private readonly TaskCompletionSource _fired = new();

    public Task Fired => _fired.Task;

    public override void Complete(HistoryEvent outcome) => _fired.TrySetResult();

    public void Cancel(CancellationToken cancellation) => _fired.TrySetCanceled(cancellation);
}
