using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration.Working;

/// <summary>Runs activities, at most so many at a time, and puts what came of them into a history event.</summary>
internal sealed class ActivityRunner(DurableTaskRegistry registry, IServiceProvider services, TaskHubOptions options, TimeProvider clock, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(options.MaxConcurrentActivities);

    public int FreeSlots => _slots.CurrentCount;

    public void Dispose() => _slots.Dispose();

    /// <exception cref="OperationCanceledException">The right to run it was lost; what came of it does not count.</exception>
    public async Task<HistoryEvent> RunAsync(ActivityCall call, CancellationToken lost)
    {
        await _slots.WaitAsync(lost);
        var from = clock.GetTimestamp();
        using var span = OrchestrationMetrics.Activity(call);
        try
        {
            var outcome = await RunInTimeAsync(call, lost);
            OrchestrationMetrics.ActivityDuration.Record(clock.GetElapsedTime(from).TotalSeconds, OrchestrationMetrics.Named(call.Event.Name, outcome.Failure is null ? "ok" : "failed"));
            span?.SetStatus(outcome.Failure is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
            return outcome;
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<HistoryEvent> RunInTimeAsync(ActivityCall call, CancellationToken lost)
    {
        using var timeout = call.Event.Timeout is { } time ? new CancellationTokenSource(time, clock) : new CancellationTokenSource();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(lost, timeout.Token);
        try
        {
            return new HistoryEvent { Kind = HistoryEventKind.TaskCompleted, Id = call.Event.Id, Data = await WorkAsync(call, ends.Token) };
        }
        catch (Exception) when (lost.IsCancellationRequested)
        {
            throw new OperationCanceledException(lost);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return Failed(call, new TimeoutException($"The attempt did not end within {call.Event.Timeout}."));
        }
        catch (Exception fault)
        {
            logger.ActivityFailed(call.Event.Name ?? "", call.InstanceId, call.Event.Attempt, fault);
            return Failed(call, fault);
        }
    }

    private async Task<string?> WorkAsync(ActivityCall call, CancellationToken ends)
    {
        var activity = registry.Activity(call.Event.Name!, services) ?? throw new InvalidOperationException($"This process has no activity '{call.Event.Name}'.");
        var context = new TaskActivityContext(call.Event.Name!, call.InstanceId, call.Event.Version ?? "", call.Key, Math.Max(1, call.Event.Attempt), ends);
        var work = activity.RunAsync(context, Payload.To(call.Event.Data, activity.InputType));
        // An activity that ignores its token is left behind: nothing waits for it any more.
        return Payload.From(work.IsCompleted ? await work : await work.WaitAsync(ends));
    }

    private static HistoryEvent Failed(ActivityCall call, Exception fault) =>
        new() { Kind = HistoryEventKind.TaskFailed, Id = call.Event.Id, Failure = TaskFailureDetails.FromException(fault) };
}
