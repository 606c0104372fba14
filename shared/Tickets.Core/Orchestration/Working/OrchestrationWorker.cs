using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Working;

/// <summary>
/// Takes up what is due and runs it, as one of any number of workers of the hub. When nothing is due it sleeps until the next due time that it knows of,
/// and looks for work of other processes now and then; work that this process makes wakes it at once.
/// </summary>
internal sealed class OrchestrationWorker(HubParts hub)
{
    private const int MostAtOnce = 64;
    private static readonly TimeSpan ShortestLookAway = TimeSpan.FromMilliseconds(20);

    private readonly string[] _orchestrators = hub.Registry.OrchestratorNames;
    private readonly string[] _activities = hub.Registry.ActivityNames;
    private readonly ActivityWork _work = new(hub);
    private long _activitiesAskedAt;
    private int _running;

    /// <summary>Works until told to stop; ends when everything taken up has been given back.</summary>
    public Task RunAsync(CancellationToken stop) => WorkAsync(budget: null, stop);

    /// <summary>Works on what is due and has given it back when the budget is over; ends early when nothing comes due in that time.</summary>
    public Task PumpAsync(TimeSpan budget, CancellationToken stop) => WorkAsync(budget, stop);

    private async Task WorkAsync(TimeSpan? budget, CancellationToken stop)
    {
        using var session = new WorkSession(budget, hub.Options.StopPatience, hub.Clock, stop);
        using var ends = new CancellationTokenSource();
        var watch = Task.Run(() => WatchAsync(ends.Token), CancellationToken.None);
        try
        {
            await LoopAsync(session);
        }
        finally
        {
            while (Volatile.Read(ref _running) > 0)
                await Task.Delay(ShortestLookAway, hub.Clock, CancellationToken.None);
            await ends.CancelAsync();
            await watch;
        }
    }

    private async Task LoopAsync(WorkSession session)
    {
        var stop = session.Stopping;
        var lookAway = ShortestLookAway;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                while (!stop.IsCancellationRequested && await TakeAsync(session))
                    lookAway = ShortestLookAway;
                if (await hub.Alarm.WaitAsync(lookAway, stop))
                {
                    lookAway = ShortestLookAway;
                    continue;
                }

                lookAway = Longer(lookAway);
                while (!await IsAnythingDueAsync(stop))
                {
                    if (session.Until is { } end && hub.Held.IsEmpty && (hub.Alarm.Next is null || hub.Alarm.Next >= end))
                        return;
                    if (await hub.Alarm.WaitAsync(lookAway, stop))
                        break;
                    lookAway = Longer(lookAway);
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

    private TimeSpan Longer(TimeSpan lookAway) => lookAway * 2 < hub.Options.LongestLookAway ? lookAway * 2 : hub.Options.LongestLookAway;

    /// <returns>True when there is likely more.</returns>
    private async Task<bool> TakeAsync(WorkSession session)
    {
        var more = false;
        var free = Math.Min(Math.Min(hub.Options.MaxConcurrentOrchestrations - hub.Held.Busy, hub.MostHeld - hub.Held.Instances), MostAtOnce);
        if (free > 0 && _orchestrators.Length > 0)
        {
            // Not to be cancelled: what was just taken up would be held by nobody until its lease ends.
            var instances = await hub.Claims.TakeInstancesAsync(_orchestrators, free, hub.Now, hub.Options.Lease, CancellationToken.None);
            foreach (var instance in instances)
                Begin(new InstanceRun(hub, instance, session), session);
            more = instances.Count == free;
        }

        if (AskForActivities() && FreeByName() is { Count: > 0 } wanted)
        {
            var activities = await hub.Claims.TakeActivitiesAsync(wanted, MostAtOnce, hub.Now, hub.Options.Lease, CancellationToken.None);
            foreach (var activity in activities)
                Begin(() => _work.RunAsync(activity, session));
            more |= activities.Count == MostAtOnce;
        }

        return more;
    }

    /// <summary>Names of which more could begin now, with how many.</summary>
    private List<(string Name, int Most)> FreeByName() =>
        _activities.Select(name => (name, hub.Activities.Places.FreeFor(name))).Where(name => name.Item2 > 0).ToList();

    /// <summary>Activities are asked for when some were queued here, and now and then for those of other processes.</summary>
    private bool AskForActivities()
    {
        if (!hub.Alarm.TakeQueuedHint() && hub.Clock.GetElapsedTime(_activitiesAskedAt) < ShortestLookAway)
            return false;
        _activitiesAskedAt = hub.Clock.GetTimestamp();
        return true;
    }

    private async Task<bool> IsAnythingDueAsync(CancellationToken stop)
    {
        if (await hub.Claims.NextDueAsync(_orchestrators, [.. FreeByName().Select(name => name.Name)], stop) is not { } due)
            return false;
        hub.Alarm.SetAt(due);
        return due <= hub.Now && hub.Held.Busy < hub.Options.MaxConcurrentOrchestrations;
    }

    private void Begin(InstanceRun run, WorkSession session)
    {
        hub.Held.Add(run);
        Begin(() => RunAsync(run, session));
    }

    private void Begin(Func<Task> work)
    {
        Interlocked.Increment(ref _running);
        _ = Task.Run(async () =>
        {
            try
            {
                await work();
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        });
    }

    private async Task RunAsync(InstanceRun run, WorkSession session)
    {
        try
        {
            await run.RunAsync();
            foreach (var (activity, call) in run.HandedOver)
                Begin(() => _work.AdoptAsync(activity, call, session));
        }
        catch (OutcomeUnknownException fault)
        {
            hub.Logger.StepUnknown(run.Lease.InstanceId, fault);
            await GiveBackAsync(run, hub.Now, attempts: run.IsMarked ? -1 : 0);
        }
        catch (TurnFailedException fault)
        {
            hub.Report.Failed(fault.InnerException!);
            hub.Logger.RunFailed(run.Lease.InstanceId, fault.InnerException!);
            await GiveBackAsync(run, hub.Now + run.Pause, attempts: run.IsMarked ? 0 : 1);
        }
        catch (Exception fault)
        {
            hub.Report.Failed(fault);
            hub.Logger.RunFailed(run.Lease.InstanceId, fault);
            await GiveBackAsync(run, hub.Now + hub.Options.AwayPause, attempts: run.IsMarked ? -1 : 0);
        }
        finally
        {
            hub.FreePlace(() => hub.Held.Remove(run));
            hub.Report.Stepped();
            run.Dispose();
        }
    }

    /// <summary>A worker that cannot give back loses nothing but time: the lease ends by itself.</summary>
    private async Task GiveBackAsync(InstanceRun run, DateTimeOffset due, int attempts)
    {
        try
        {
            await hub.Claims.ReleaseAsync([run.Lease], due, attempts);
        }
        catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is InvalidOperationException)
        {
            hub.Logger.HubAway(fault);
        }
    }

    /// <summary>The two look after different things: neither stops because the other has failed.</summary>
    private Task WatchAsync(CancellationToken stop) => Task.WhenAll(
        KeepAsync(() => hub.Held.WatchAsync(hub.Claims, hub.Options, hub.Clock, stop), stop),
        KeepAsync(() => hub.Report.TellAsync(stop), stop));

    private async Task KeepAsync(Func<Task> loop, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await loop();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is InvalidOperationException)
            {
                hub.Logger.HubAway(fault);
                await Task.Delay(hub.Options.AwayPause, hub.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
