using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration;

/// <summary>The engine's instruments and spans.</summary>
internal static class OrchestrationMetrics
{
    private static readonly Meter Meter = new("Tickets");
    private static readonly ConcurrentDictionary<string, Func<HubBacklog?>> Backlogs = new(StringComparer.Ordinal);
    private static readonly ActivitySource Source = new("Tickets.Orchestration");

    public static readonly Counter<long> Steps = Meter.CreateCounter<long>("tickets.orchestration.steps", "{step}", "Steps recorded.");

    public static readonly Counter<long> Started = Meter.CreateCounter<long>("tickets.orchestration.started", "{orchestration}", "Orchestrations started by this process's client.");

    public static readonly Counter<long> Ended = Meter.CreateCounter<long>("tickets.orchestration.ended", "{orchestration}", "Orchestrations that ended, by status.");

    public static readonly Counter<long> Parked = Meter.CreateCounter<long>("tickets.orchestration.parked", "{orchestration}", "Instances and activities set aside, by reason.");

    public static readonly Histogram<double> ActivityDuration = Meter.CreateHistogram("tickets.orchestration.activity.duration", "s", "How long activities took.", tags: null, Platform.MetricBuckets.Seconds);

    public static readonly Histogram<double> Lateness = Meter.CreateHistogram("tickets.orchestration.lateness", "s", "How late timers and starts for a set time were taken up.", tags: null, Platform.MetricBuckets.LongSeconds);

    public static readonly Histogram<double> StepDuration = Meter.CreateHistogram("tickets.orchestration.step.duration", "s", "From what came in to its step's being recorded.", tags: null, Platform.MetricBuckets.Seconds);

    static OrchestrationMetrics()
    {
        Meter.CreateObservableGauge("tickets.orchestration.backlog", () => Measure(one => new Measurement<long>(one.Due, Hub(one))), "{orchestration}", "Orchestrations that are due and that nobody has taken up.");
        Meter.CreateObservableGauge("tickets.orchestration.oldest_due", () => Measure(one => new Measurement<double>(one.OldestDue.TotalSeconds, Hub(one))), "s", "For how long the oldest of them is due.");
        Meter.CreateObservableGauge("tickets.orchestration.suspended", () => Measure(one => new Measurement<long>(one.Suspended, Hub(one))), "{orchestration}", "Orchestrations that somebody has suspended.");
        Meter.CreateObservableGauge("tickets.orchestration.poisoned", () => Measure(one => new Measurement<long>(one.Parked, Hub(one))), "{orchestration}", "Orchestrations that are parked by a fault, until they are resumed.");
    }

    /// <summary>The gauges show what this tells, when they are looked at; null: nothing is known.</summary>
    public static void Watch(string worker, Func<HubBacklog?> backlog) => Backlogs[worker] = backlog;

    public static void Forget(string worker) => Backlogs.TryRemove(worker, out _);

    public static KeyValuePair<string, object?>[] Named(string? name, string? outcome = null) => outcome is null
        ? [new("name", name)]
        : [new("name", name), new("outcome", outcome)];

    private static IEnumerable<Measurement<T>> Measure<T>(Func<HubBacklog, Measurement<T>> measurement)
        where T : struct => Backlogs.Values.Select(backlog => backlog()).OfType<HubBacklog>().Select(measurement);

    private static KeyValuePair<string, object?> Hub(HubBacklog backlog) => new("hub", backlog.Hub);

    /// <summary>A span for an activity, in the trace of whoever started its orchestration.</summary>
    public static Activity? Activity(ActivityCall call)
    {
        if (!Source.HasListeners())
            return null;
        _ = ActivityContext.TryParse(call.TraceParent, null, isRemote: true, out var parent);
        var span = Source.StartActivity($"activity:{call.Event.Name}", ActivityKind.Internal, parent);
        span?.SetTag("durabletask.type", "activity");
        span?.SetTag("durabletask.task.name", call.Event.Name);
        span?.SetTag("durabletask.task.instance_id", call.InstanceId);
        span?.SetTag("durabletask.task.task_id", call.Event.Id);
        return span;
    }

    /// <summary>A span for one stay of an orchestration with a worker.</summary>
    public static Activity? Orchestration(ClaimedInstance claimed)
    {
        if (!Source.HasListeners())
            return null;
        _ = ActivityContext.TryParse(claimed.Facts.TraceParent, null, isRemote: true, out var parent);
        var span = Source.StartActivity($"orchestration:{claimed.Identity.Name}", ActivityKind.Internal, parent);
        span?.SetTag("durabletask.type", "orchestration");
        span?.SetTag("durabletask.task.name", claimed.Identity.Name.Name);
        span?.SetTag("durabletask.task.instance_id", claimed.Lease.InstanceId);
        span?.SetTag("durabletask.task.execution_id", claimed.Identity.Execution);
        return span;
    }
}

/// <summary>A hub's work as its database had it a moment ago.</summary>
/// <param name="Due">At most 10,000 of each name are counted.</param>
internal sealed record HubBacklog(string Hub, long Due, TimeSpan OldestDue, long Suspended, long Parked);
