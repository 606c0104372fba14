using Microsoft.Extensions.Logging;

namespace Tickets.Core.Orchestration;

/// <summary>
/// All that an orchestrator may use of the world. Its members give the same answers each time the orchestrator's past is run again; the clock,
/// random numbers, the network and tasks from elsewhere do not.
/// </summary>
public abstract class TaskOrchestrationContext
{
    public abstract TaskName Name { get; }
    public abstract string InstanceId { get; }
    public abstract string Version { get; }
    public abstract ParentOrchestrationInstance? Parent { get; }

    /// <summary>The time of the step that runs; it stands still within a step.</summary>
    public abstract DateTime CurrentUtcDateTime { get; }

    /// <summary>True while steps are run again that were recorded before.</summary>
    public abstract bool IsReplaying { get; }

    public abstract T? GetInput<T>();

    /// <exception cref="TaskFailedException">It failed, after the last retry.</exception>
    public abstract Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null);

    public Task CallActivityAsync(TaskName name, object? input = null, TaskOptions? options = null) => CallActivityAsync<object?>(name, input, options);

    /// <exception cref="TaskFailedException">It failed or was terminated, or its id is taken.</exception>
    public abstract Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null);

    public Task CallSubOrchestratorAsync(TaskName orchestratorName, object? input = null, TaskOptions? options = null) => CallSubOrchestratorAsync<object?>(orchestratorName, input, options);

    public Task CreateTimer(TimeSpan delay, CancellationToken cancellation = default) => CreateTimer(CurrentUtcDateTime + delay, cancellation);

    /// <param name="fireAt">UTC.</param>
    public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellation = default);

    /// <summary>
    /// Completes with the payload of an event of this name. An event that came earlier and was waited for by nobody counts; of several waiters the newest gets it,
    /// and one that is cancelled gets none.
    /// </summary>
    public abstract Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellation = default);

    /// <exception cref="TaskCanceledException">It did not come in time.</exception>
    public async Task<T> WaitForExternalEvent<T>(string eventName, TimeSpan timeout, CancellationToken cancellation = default)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timing = new CancellationTokenSource();
        var raised = WaitForExternalEvent<T>(eventName, waiting.Token);
        if (await Task.WhenAny(raised, CreateTimer(timeout, timing.Token)) == raised)
            await timing.CancelInTurnAsync();
        else
            await waiting.CancelInTurnAsync();
        return await raised;
    }

    /// <summary>Sends an event to another orchestration, together with what else this step does. One that has ended or never was takes none.</summary>
    public abstract void SendEvent(string instanceId, string eventName, object? payload);

    /// <summary>Shown to whoever asks for the instance; at most 16 KB as JSON.</summary>
    public abstract void SetCustomStatus(object? customStatus);

    /// <summary>
    /// Begins anew with this input and an empty history when the orchestrator returns. Events that nobody has taken are kept unless told otherwise;
    /// those that arrive meanwhile always are.
    /// </summary>
    public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true, string? newVersion = null);

    /// <summary>A new id, the same on each replay.</summary>
    public abstract Guid NewGuid();

    /// <summary>A logger that keeps silent about steps that are run again.</summary>
    public abstract ILogger CreateReplaySafeLogger(string category);

    public ILogger CreateReplaySafeLogger<T>() => CreateReplaySafeLogger(typeof(T).FullName ?? typeof(T).Name);

    /// <summary>Orders this instance's version against another: as <see cref="System.Version"/> where both are, else as text; none is lowest.</summary>
    public int CompareVersionTo(string version)
    {
        if (Version.Length == 0 || version.Length == 0)
            return Version.Length.CompareTo(version.Length);
        return System.Version.TryParse(Version, out var own) && System.Version.TryParse(version, out var other)
            ? own.CompareTo(other)
            : string.Compare(Version, version, StringComparison.OrdinalIgnoreCase);
    }
}

public sealed record ParentOrchestrationInstance(string InstanceId);

internal static class CancellationInTurn
{
    /// <summary>Cancels here and now: the usual asynchronous form would leave the orchestrator's thread.</summary>
    public static Task CancelInTurnAsync(this CancellationTokenSource source)
    {
        source.Cancel();
        return Task.CompletedTask;
    }
}
