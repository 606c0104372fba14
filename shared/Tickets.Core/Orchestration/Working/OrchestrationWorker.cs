using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Working;

/// <summary>
/// Takes up what is due and runs it, as one of any number of workers of the hub. When nothing is due it sleeps until the next due time that it knows of,
/// and looks for work of other processes now and then; work that this process makes wakes it at once.
/// </summary>
internal sealed class OrchestrationWorker(HubParts hub, HeldRuns held, Alarm alarm, WorkerReport report)
{
    private const int MostAtOnce = 64;
    private static readonly TimeSpan ShortestLookAway = TimeSpan.FromMilliseconds(20);

    private readonly string[] _orchestrators = hub.Registry.OrchestratorNames;
    private readonly string[] _activities = hub.Registry.ActivityNames;
    private long _activitiesAskedAt;
    private int _running;

    /// <summary>Works until told to stop; ends when everything taken up has been given back.</summary>
    public Task RunAsync(CancellationToken stop) => WorkAsync(until: null, stop);

    /// <summary>Works on what is due, for at most so long, and ends early when nothing comes due in that time.</summary>
    public Task PumpAsync(TimeSpan budget, CancellationToken stop) => WorkAsync(hub.Now + budget, stop);

    private async Task WorkAsync(DateTimeOffset? until, CancellationToken stop)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watch = Task.Run(() => WatchAsync(ends.Token), CancellationToken.None);
        try
        {
            await LoopAsync(until, stop);
        }
        finally
        {
            while (Volatile.Read(ref _running) > 0)
                await Task.Delay(ShortestLookAway, hub.Clock, CancellationToken.None);
            await ends.CancelAsync();
            await watch;
        }
    }

    private async Task LoopAsync(DateTimeOffset? until, CancellationToken stop)
    {
        var lookAway = ShortestLookAway;
        while (!stop.IsCancellationRequested && (until is null || hub.Now < until))
        {
            try
            {
                while (await TakeAsync())
                    lookAway = ShortestLookAway;
                if (await alarm.WaitAsync(lookAway, stop))
                {
                    lookAway = ShortestLookAway;
                    continue;
                }

                lookAway = lookAway * 2 < hub.Options.LongestLookAway ? lookAway * 2 : hub.Options.LongestLookAway;
                while (!await IsAnythingDueAsync(stop))
                {
                    if (until is { } end && held.IsEmpty && (alarm.Next is null || alarm.Next >= end))
                        return;
                    if (await alarm.WaitAsync(lookAway, stop) || hub.Now >= until)
                        break;
                    lookAway = lookAway * 2 < hub.Options.LongestLookAway ? lookAway * 2 : hub.Options.LongestLookAway;
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is InvalidOperationException)
            {
                hub.Logger.HubAway(fault);
                await Task.WhenAny(Task.Delay(hub.Options.AwayPause, hub.Clock, stop));
            }
        }
    }

    /// <returns>True when there is likely more.</returns>
    private async Task<bool> TakeAsync()
    {
        var more = false;
        var free = Math.Min(hub.Options.MaxConcurrentOrchestrations - held.Instances, MostAtOnce);
        if (free > 0 && _orchestrators.Length > 0)
        {
            // Not to be cancelled: what was just taken up would be held by nobody until its lease ends.
            var instances = await hub.Claims.TakeInstancesAsync(_orchestrators, free, hub.Now, hub.Options.Lease, CancellationToken.None);
            foreach (var instance in instances)
                Run(instance);
            more = instances.Count == free;
        }

        var slots = Math.Min(Math.Min(hub.Activities.FreeSlots, hub.Options.MaxConcurrentActivities - held.Activities), MostAtOnce);
        if (slots > 0 && _activities.Length > 0 && AskForActivities())
        {
            var activities = await hub.Claims.TakeActivitiesAsync(_activities, slots, hub.Now, hub.Options.Lease, CancellationToken.None);
            foreach (var activity in activities)
                Run(activity);
            more |= activities.Count == slots;
        }

        return more;
    }

    /// <summary>Activities are asked for when some were queued here, and now and then for those of other processes.</summary>
    private bool AskForActivities()
    {
        if (!alarm.TakeQueuedHint() && hub.Clock.GetElapsedTime(_activitiesAskedAt) < ShortestLookAway)
            return false;
        _activitiesAskedAt = hub.Clock.GetTimestamp();
        return true;
    }

    private async Task<bool> IsAnythingDueAsync(CancellationToken stop)
    {
        if (await hub.Claims.NextDueAsync(_orchestrators, _activities, stop) is not { } due)
            return false;
        alarm.SetAt(due);
        return due <= hub.Now && held.Instances < hub.Options.MaxConcurrentOrchestrations;
    }

    private void Run(ClaimedInstance instance)
    {
        var run = new InstanceRun(hub, instance);
        held.Add(run);
        Interlocked.Increment(ref _running);
        _ = Task.Run(() => RunAsync(run));
    }

    private async Task RunAsync(InstanceRun run)
    {
        try
        {
            await run.RunAsync();
        }
        catch (OutcomeUnknownException fault)
        {
            hub.Logger.StepUnknown(run.Lease.InstanceId, fault);
            await GiveBackAsync(() => hub.Claims.ReleaseAsync([run.Lease], hub.Now, failed: false));
        }
        catch (Exception fault)
        {
            report.Failed(fault);
            hub.Logger.RunFailed(run.Lease.InstanceId, fault);
            await GiveBackAsync(() => hub.Claims.ReleaseAsync([run.Lease], hub.Now + run.Pause, failed: true));
        }
        finally
        {
            var wasFull = held.Instances >= hub.Options.MaxConcurrentOrchestrations;
            held.Remove(run);
            report.Stepped();
            run.Dispose();
            Interlocked.Decrement(ref _running);
            if (wasFull)
                alarm.Ring();
        }
    }

    private void Run(ClaimedActivity activity)
    {
        var lost = CancellationTokenSource.CreateLinkedTokenSource(hub.Stopping);
        held.Add(activity.Lease, lost);
        Interlocked.Increment(ref _running);
        _ = Task.Run(() => RunAsync(activity, lost));
    }

    private async Task RunAsync(ClaimedActivity activity, CancellationTokenSource lost)
    {
        try
        {
            await hub.Writer.WriteAsync(new ActivityCommit(activity, await OutcomeAsync(activity, lost.Token)));
        }
        catch (Exception fault)
        {
            if (!lost.IsCancellationRequested)
                hub.Logger.RunFailed(activity.Lease.InstanceId, fault);
            await GiveBackAsync(() => hub.Claims.ReleaseActivityAsync(activity.Lease, hub.Now));
        }
        finally
        {
            var wasFull = hub.Activities.FreeSlots <= 1;
            held.Remove(activity.Lease);
            report.Ran();
            Interlocked.Decrement(ref _running);
            if (wasFull)
                alarm.RingForActivities();
        }
    }

    private async Task<History.HistoryEvent> OutcomeAsync(ClaimedActivity activity, CancellationToken lost)
    {
        if (activity.Attempts < hub.Options.MaxAttempts)
            return await hub.Activities.RunAsync(activity.Call, lost);
        OrchestrationMetrics.Parked.Add(1, OrchestrationMetrics.Named(activity.Call.Event.Name, "activity"));
        return new History.HistoryEvent
        {
            Kind = History.HistoryEventKind.TaskFailed,
            Id = activity.TaskId,
            Failure = new TaskFailureDetails("PoisonActivity", $"It was taken up {activity.Attempts} times and no worker lived to see it end."),
        };
    }

    /// <summary>A worker that cannot give back loses nothing but time: the lease ends by itself.</summary>
    private async Task GiveBackAsync(Func<Task> release)
    {
        try
        {
            await release();
        }
        catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is InvalidOperationException)
        {
            hub.Logger.HubAway(fault);
        }
    }

    private async Task WatchAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.WhenAll(held.WatchAsync(hub.Claims, hub.Options, hub.Clock, stop), report.TellAsync(stop));
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is InvalidOperationException)
            {
                hub.Logger.HubAway(fault);
            }
        }
    }
}
