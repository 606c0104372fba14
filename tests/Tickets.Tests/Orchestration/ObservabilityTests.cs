using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;

namespace Tickets.Tests.Orchestration;

/// <summary>What can be seen of the engine from outside.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class ObservabilityTests(OrchestrationStack stack)
{
    [Fact]
    public async Task Lateness_step_times_backlog_and_poison_are_measured()
    {
        using var meters = new Meters();
        await using var scene = await HubScene.CreateAsync(stack);
        // Nobody works here yet, so that what is due stays so.
        var idle = scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, int>("measured", (_, _) => Task.FromResult(1)), start: false);
        for (var i = 0; i < 3; i++)
            await idle.Client.ScheduleNewOrchestrationInstanceAsync("measured");
        await idle.Client.ScheduleNewOrchestrationInstanceAsync("measured", options: new StartOrchestrationOptions(StartAt: DateTimeOffset.UtcNow.AddHours(1)));
        await scene.ExecuteAsync("update orchestration_ready set due_at = due_at - interval '1 minute'");
        Assert.True(await idle.Client.SuspendInstanceAsync(await idle.Client.ScheduleNewOrchestrationInstanceAsync("measured")));

        // A worker that does none of it tells how much there is.
        var hub = new TaskHubOptions { MaxConcurrentOrchestrations = 0 };
        scene.Hub(tasks => tasks.AddOrchestratorFunc<object?, int>("measured", (_, _) => Task.FromResult(1)), hub, name: "watched");
        await HubScene.UntilAsync(() => meters.Gauge("tickets.orchestration.backlog", "watched") == 3);
        Assert.InRange(meters.Gauge("tickets.orchestration.oldest_due", "watched")!.Value, 59, 3600);
        Assert.Equal((1d, 0d), (meters.Gauge("tickets.orchestration.suspended", "watched"), meters.Gauge("tickets.orchestration.poisoned", "watched")));

        var working = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, int>("timed", async (context, _) =>
            {
                await context.CreateTimer(TimeSpan.FromMilliseconds(30));
                return 1;
            })
            .AddOrchestratorFunc<object?, int>("measured-poison", async (_, _) =>
            {
                await Task.Delay(1);
                return 1;
            }));
        await HubScene.RunAsync(working, "timed");
        Assert.Contains(meters.Recorded.ToArray(), one => one is { Instrument: "tickets.orchestration.lateness", Name: "timed", Value: >= 0 });
        await HubScene.UntilAsync(() => meters.Recorded.ToArray().Any(one => one is { Instrument: "tickets.orchestration.step.duration", Name: "timed", Value: > 0 }));
        var poison = await working.Client.ScheduleNewOrchestrationInstanceAsync("measured-poison");
        await HubScene.UntilAsync(working, poison, found => found.RuntimeStatus == OrchestrationRuntimeStatus.Parked);
        Assert.Contains(meters.Recorded.ToArray(), one => one is { Instrument: "tickets.orchestration.parked", Name: "measured-poison", Value: 1 });
    }

    [Fact]
    public async Task What_an_orchestration_does_belongs_to_the_trace_of_who_started_it()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Tickets.Orchestration" or "Tickets.Tests",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("Tickets.Tests");
        await using var scene = await HubScene.CreateAsync(stack);
        var hub = scene.Hub(tasks => tasks
            .AddOrchestratorFunc<object?, int>("traced", (context, _) => context.CallSubOrchestratorAsync<int>("traced below"))
            .AddOrchestratorFunc<object?, int>("traced below", (context, _) => context.CallActivityAsync<int>("traced work"))
            .AddActivityFunc<object?, int>("traced work", (_, _) => Task.FromResult(1)));

        string id;
        ActivityTraceId trace;
        using (var caller = source.StartActivity("caller")!)
        {
            trace = caller.TraceId;
            id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("traced");
        }

        await HubScene.EndAsync(hub, id);
        foreach (var name in new[] { "orchestration:traced", "orchestration:traced below", "activity:traced work" })
            await HubScene.UntilAsync(() => spans.ToArray().Any(span => span.OperationName == name && span.TraceId == trace));
    }

    /// <summary>All that the meter of the product tells while this listens.</summary>
    private sealed class Meters : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentQueue<(string Instrument, string? Hub, double Value)> _gauges = new();

        public Meters()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name.StartsWith("tickets.orchestration.", StringComparison.Ordinal))
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public ConcurrentQueue<(string Instrument, string? Name, double Value)> Recorded { get; } = new();

        /// <summary>What a gauge shows now; null when it shows nothing for the hub.</summary>
        public double? Gauge(string instrument, string hub)
        {
            _gauges.Clear();
            _listener.RecordObservableInstruments();
            return _gauges.ToArray().Where(one => one.Instrument == instrument && one.Hub == hub).Select(one => (double?)one.Value).FirstOrDefault();
        }

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string? name = null, hub = null;
            foreach (var (key, tag) in tags)
                (name, hub) = (key == "name" ? tag as string : name, key == "hub" ? tag as string : hub);
            if (instrument.IsObservable)
                _gauges.Enqueue((instrument.Name, hub, value));
            else
                Recorded.Enqueue((instrument.Name, name, value));
        }
    }
}
