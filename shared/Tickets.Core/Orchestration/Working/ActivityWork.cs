using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Working;

/// <summary>Activities that this worker holds under leases of their own: taken from the table, or handed over by runs of their orchestrations.</summary>
internal sealed class ActivityWork(HubParts hub)
{
    /// <summary>Runs what was taken from the table.</summary>
    public async Task RunAsync(ClaimedActivity activity, WorkSession session)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(session.Ended);
        hub.Held.Add(activity.Lease, () => Cancel(lost));
        try
        {
            await FinishAsync(activity, () => OutcomeAsync(activity, lost.Token), lost.Token);
        }
        finally
        {
            hub.Held.Remove(activity.Lease);
        }
    }

    /// <summary>Waits for what runs already.</summary>
    public async Task AdoptAsync(ClaimedActivity activity, LocalCall call, WorkSession session)
    {
        using var owned = call;
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(session.Ended);
        await using var tell = lost.Token.UnsafeRegister(static call => ((LocalCall)call!).Lose(), call);
        hub.Held.Add(activity.Lease, () => Cancel(lost));
        try
        {
            await FinishAsync(activity, () => call.Outcome, lost.Token);
        }
        finally
        {
            hub.Held.Remove(activity.Lease);
        }
    }

    private async Task FinishAsync(ClaimedActivity activity, Func<Task<HistoryEvent>> outcome, CancellationToken lost)
    {
        try
        {
            await hub.Writer.WriteAsync(new ActivityCommit(activity, await outcome()));
        }
        catch (Exception fault)
        {
            if (!lost.IsCancellationRequested)
                hub.Logger.RunFailed(activity.Lease.InstanceId, fault);
            await GiveBackAsync(activity);
        }
        finally
        {
            hub.Report.Ran();
        }
    }

    private async Task<HistoryEvent> OutcomeAsync(ClaimedActivity activity, CancellationToken lost)
    {
        if (!activity.IsTakenOver)
            return await hub.Activities.RunAsync(activity.Call, lost);
        if (activity.Attempts >= hub.Options.MaxAttempts)
            return Poison(activity);
        using var alone = await hub.Suspects.Activities.EnterAsync(lost);
        await hub.Claims.MarkActivityAsync(activity);
        return await hub.Activities.RunAsync(activity.Call, lost);
    }

    private static HistoryEvent Poison(ClaimedActivity activity)
    {
        OrchestrationMetrics.Parked.Add(1, OrchestrationMetrics.Named(activity.Call.Event.Name, "activity"));
        return new HistoryEvent
        {
            Kind = HistoryEventKind.TaskFailed,
            Id = activity.TaskId,
            Failure = new TaskFailureDetails("PoisonActivity", $"It was begun {activity.Attempts} times and no worker lived to see it end."),
        };
    }

    /// <summary>This process lives: whatever it was, the activity has not ended it. A worker that cannot give back loses nothing but time.</summary>
    private async Task GiveBackAsync(ClaimedActivity activity)
    {
        try
        {
            if (await hub.Claims.ReleaseActivityAsync(activity.Lease, hub.Now, attempts: activity.IsTakenOver ? -1 : 0) == 0 && activity.IsTakenOver)
                await hub.Claims.AcquitActivityAsync(activity);
        }
        catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is InvalidOperationException)
        {
            hub.Logger.HubAway(fault);
        }
    }

    private static void Cancel(CancellationTokenSource lost)
    {
        try
        {
            lost.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended.
        }
    }
}
