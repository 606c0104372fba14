namespace Tickets.Functions.Hosting;

/// <summary>Whether the app has initialised. The port opens first; requests that come earlier wait here.</summary>
internal sealed class Readiness
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _waitingFor = "the app is starting";

    public bool IsReady => _ready.Task.IsCompletedSuccessfully;
    public Task WhenReady => _ready.Task;

    /// <summary>What stands in the way, in words; null once ready.</summary>
    public string? WaitingFor => IsReady ? null : _waitingFor;

    /// <summary>The app will never be ready: it ends.</summary>
    public bool IsRefused { get; private set; }

    public void Refuse() => IsRefused = true;

    public void Report(string waitingFor) => _waitingFor = waitingFor;

    public void Set() => _ready.TrySetResult();
}
