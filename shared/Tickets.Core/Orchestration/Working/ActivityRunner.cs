using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration.Working;

/// <summary>Runs activities, at most so many at a time, and puts what came of them into a history event.</summary>
internal sealed class ActivityRunner(DurableTaskRegistry registry, IServiceProvider services, ActivityPlaces places, TimeProvider clock, ILogger logger)
{
    public ActivityPlaces Places => places;

    /// <param name="begins">Asked when it has a place: false means that it is not to be run here any more.</param>
    /// <exception cref="OperationCanceledException">The right to run it was lost; what came of it does not count.</exception>
    public async Task<HistoryEvent> RunAsync(ActivityCall call, CancellationToken lost, Func<bool>? begins = null)
    {
        var name = new TaskName(call.Event.Name!).Key;
        await places.EnterAsync(name, lost);
        try
        {
            if (begins?.Invoke() == false)
                throw new OperationCanceledException(lost);
            return await RunAsync(call, lost);
        }
        finally
        {
            places.Leave(name);
        }
    }

    private async Task<HistoryEvent> RunAsync(ActivityCall call, CancellationToken lost)
    {
        var from = clock.GetTimestamp();
        using var span = OrchestrationMetrics.Activity(call);
        var outcome = await RunInTimeAsync(call, lost);
        OrchestrationMetrics.ActivityDuration.Record(clock.GetElapsedTime(from).TotalSeconds, OrchestrationMetrics.Named(call.Event.Name, outcome.Failure is null ? "ok" : "failed"));
        span?.SetStatus(outcome.Failure is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        return outcome;
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
