using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Orchestration.Working;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration;

/// <summary>
/// The durable orchestrations of one database, which must have the orchestration tables. Any number of processes may have a hub on it: they share the work.
/// A process that only starts and asks needs no worker.
/// </summary>
public sealed class TaskHub : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly HubWriter _writer;
    private readonly HeldRuns _held = new();
    private readonly Alarm _alarm;
    private readonly Completions _completions;
    private readonly OrchestrationWorker _worker;
    private readonly TimeProvider _clock;
    private Task _running = Task.CompletedTask;
    private int _isRunning;

    /// <param name="services">Makes orchestrators and activities.</param>
    /// <param name="name">Tells this worker from others; made from machine and process where it is not given.</param>
    /// <param name="hub">What metrics call the hub.</param>
    public TaskHub(NpgsqlDataSource database, DurableTaskRegistry registry, IServiceProvider services, TimeProvider clock, ILoggerFactory loggers, TaskHubOptions? options = null, string? name = null, string hub = "hub")
    {
        var logger = loggers.CreateLogger("Tickets.Orchestration");
        foreach (var fault in registry.Faults)
            logger.BreaksRule(fault.ToString());
        options ??= new TaskHubOptions();
        _clock = clock;
        Worker = name ?? $"{Environment.MachineName}/{Environment.ProcessId}/{RandomNumberGenerator.GetHexString(6, lowercase: true)}";
        Database = new HubDatabase(database);
        _writer = new HubWriter(Database, clock, logger) { Committed = OnCommitted };
        _alarm = new Alarm(clock);
        var reads = new InstanceReads(Database);
        _completions = new Completions(reads, clock);
        Client = new DurableTaskClient(Database, _writer, reads, _completions, OnChanged, clock);
        var activities = new ActivityRunner(registry, services, new ActivityPlaces(options.MaxConcurrentActivities, _alarm.RingForActivities), clock, logger);
        var report = new WorkerReport(Database, hub, Worker, registry.OrchestratorNames, _held, clock);
        OrchestrationMetrics.Watch(Worker, () => report.Backlog);
        _worker = new OrchestrationWorker(new HubParts(registry, options, new Claims(Database, Worker), _writer, activities, _held, _alarm, report, services, loggers, logger, clock));
        _writer.Start();
    }

    public DurableTaskClient Client { get; }

    public string Worker { get; }

    internal HubDatabase Database { get; }

    /// <summary>Whether the database can be reached and has the tables.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancel)
    {
        try
        {
            // By what its newest schema file brought.
            const string HasNewest = "select exists (select from pg_attribute where attrelid = to_regclass('orchestration_ready') and attname = 'not_before')";
            return (await Database.QueryAsync("ready", HasNewest, [], row => row.GetBoolean(0), cancel))[0];
        }
        catch (Exception fault) when (ConnectionLoss.Is(fault))
        {
            return false;
        }
    }

    /// <summary>Begins to work, until the hub is disposed.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _isRunning, 1) == 0)
            _running = Task.Run(() => _worker.RunAsync(_stopping.Token));
    }

    /// <summary>
    /// Works on what is due, for hosts that call now and then. Within the budget it also gives back what it holds: activities that still run are told by their tokens
    /// and begin again next time, so each must fit into it. Does nothing while another worker of this process is at it.
    /// </summary>
    public Task PumpAsync(TimeSpan budget, CancellationToken cancel)
    {
        if (_stopping.IsCancellationRequested || Interlocked.Exchange(ref _isRunning, 1) != 0)
            return Task.CompletedTask;
        // Who disposes of the hub waits for it.
        return _running = RunAsync();

        async Task RunAsync()
        {
            try
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stopping.Token);
                await _worker.PumpAsync(budget, either.Token);
            }
            finally
            {
                Volatile.Write(ref _isRunning, 0);
            }
        }
    }

    /// <summary>A transaction of the caller's that started or told orchestrations has committed: the worker looks at once instead of soon.</summary>
    public void Wake() => _alarm.Ring();

    /// <summary>Takes up nothing more, gives back what it holds, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        OrchestrationMetrics.Forget(Worker);
        await _stopping.CancelAsync();
        await _running;
        await _writer.DisposeAsync();
    }

    private void OnChanged(string? instanceId)
    {
        if (instanceId is not null)
            _held.Wake(instanceId);
        _alarm.Ring();
    }

    private void OnCommitted(IReadOnlyList<HubChange> changes)
    {
        foreach (var change in changes.Where(change => change.TookEffect))
        {
            switch (change)
            {
                case StartChange start:
                    // What is known of an end is of an orchestration that had the id before.
                    _completions.Forget(start.Start.InstanceId);
                    _alarm.SetAt(start.Start.StartAt ?? _clock.GetUtcNow());
                    break;
                case MessageChange message:
                    OnChanged(message.Message.InstanceId);
                    break;
                case ActivityCommit activity:
                    OnChanged(activity.Activity.Lease.InstanceId);
                    break;
                case StepCommit step:
                    OnCommitted(step);
                    break;
            }
        }
    }

    private void OnCommitted(StepCommit step)
    {
        if (step.Final is { } ended)
        {
            OrchestrationMetrics.Ended.Add(1, OrchestrationMetrics.Named(ended.Name, ended.RuntimeStatus.ToString().ToLowerInvariant()));
            _completions.Tell(ended);
        }

        foreach (var message in step.Messages)
            OnChanged(message.InstanceId);
        if (step.QueuedActivities.Count > 0)
            _alarm.RingForActivities();
        if (step.Children.Count > 0 || step.Next is not null || (!step.Hold && step.Pending > 0))
            _alarm.Ring();
        else if (!step.Hold && step.NextDue is { } due)
            _alarm.SetAt(due);
    }
}
