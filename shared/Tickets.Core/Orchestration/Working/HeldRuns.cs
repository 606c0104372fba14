using System.Collections.Concurrent;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration.Working;

/// <summary>What this worker holds, and the watch over it: leases are renewed, losses and news noticed.</summary>
internal sealed class HeldRuns
{
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, InstanceRun> _instances = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Lease, Action> _activities = new();
    private int _resting;
    private long _renewed;

    public int Instances => _instances.Count;

    /// <summary>Those that take their turn; the others wait for activities that run here.</summary>
    public int Busy => _instances.Count - Volatile.Read(ref _resting);

    public int Activities => _activities.Count;
    public bool IsEmpty => _instances.IsEmpty && _activities.IsEmpty;

    /// <summary>A run of the same instance that is still here has lost its lease to this one.</summary>
    public void Add(InstanceRun run)
    {
        if (_instances.TryGetValue(run.Lease.InstanceId, out var stale))
            stale.Lose();
        _instances[run.Lease.InstanceId] = run;
    }

    public void Remove(InstanceRun run) => _instances.TryRemove(KeyValuePair.Create(run.Lease.InstanceId, run));

    /// <summary>A run that waits leaves its place to another, until it has something to do again.</summary>
    public void Rest() => Interlocked.Increment(ref _resting);

    /// <inheritdoc cref="Rest"/>
    public void GoOn() => Interlocked.Decrement(ref _resting);

    /// <param name="lose">Called when the lease is lost.</param>
    public void Add(Lease activity, Action lose) => _activities[activity] = lose;

    public void Remove(Lease activity) => _activities.TryRemove(activity, out _);

    public void Wake(string instanceId)
    {
        if (_instances.TryGetValue(instanceId, out var run))
            run.Wake();
    }

    /// <summary>Looks after everything held, once a second; leases are renewed well before they end. To be called again when it fails: a renewal that failed is made up for at once.</summary>
    public async Task WatchAsync(Claims claims, TaskHubOptions options, TimeProvider clock, CancellationToken stop)
    {
        if (_renewed == 0)
            _renewed = clock.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(options.Lease / 4 < WatchEvery ? options.Lease / 4 : WatchEvery, clock, stop);
            if (IsEmpty)
                continue;
            var renew = clock.GetElapsedTime(_renewed) >= options.Lease / 4;
            await LookAsync(claims, renew ? clock.GetUtcNow() + options.Lease : null, stop);
            if (renew)
                _renewed = clock.GetTimestamp();
        }
    }

    private async Task LookAsync(Claims claims, DateTimeOffset? until, CancellationToken stop)
    {
        var runs = _instances.Values.ToList();
        if (runs.Count > 0)
        {
            var leases = runs.ConvertAll(run => run.Lease);
            var held = (until is { } end ? await claims.RenewAsync(leases, end, stop) : await claims.PeekAsync(leases, stop))
                .ToDictionary(row => row.InstanceId, StringComparer.Ordinal);
            foreach (var run in runs)
            {
                if (!held.TryGetValue(run.Lease.InstanceId, out var row))
                    run.Lose();
                else if (row.Pending > run.Known || row.IsStalled)
                    run.Wake();
            }
        }

        // A snapshot of its own: LINQ counts and then copies, and an activity may start between the two.
        var activities = _activities.ToArray();
        if (activities.Length > 0 && until is { } later)
        {
            var held = (await claims.RenewActivitiesAsync([.. activities.Select(activity => activity.Key)], later, stop)).ToHashSet();
            foreach (var (_, lose) in activities.Where(activity => !held.Contains(activity.Key)))
                lose();
        }
    }
}
