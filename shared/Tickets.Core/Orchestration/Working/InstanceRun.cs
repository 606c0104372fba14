using Tickets.Core.Orchestration.Client;
using Tickets.Core.Orchestration.Determinism;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Replay;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration.Working;

/// <summary>
/// One stay of an instance with this worker: its past is run again, then step after step is run and recorded, until it waits for something that is not
/// here. A step's activities begin when the step is recorded. The one exception is the very first step: it depends on nothing but what the start recorded,
/// so that running it again gives the same calls, and it may be recorded together with the next.
/// </summary>
internal sealed class InstanceRun(HubParts hub, ClaimedInstance claimed) : IDisposable
{
    /// <summary>The first step is recorded after this time at the latest.</summary>
    private static readonly TimeSpan FirstStepPatience = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _lost = new();
    private readonly Dictionary<int, Task<HistoryEvent>> _local = [];
    private readonly List<HistoryStep> _unrecorded = [];
    private readonly List<HistoryEvent> _toQueue = [];
    private OrchestratorExecution _execution = null!;
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<InboxMessage> _inbox = [.. claimed.Inbox];
    private string? _recordedStatus = claimed.Facts.CustomStatus;
    private long _lastSeq;
    private int _recorded;
    private DateTime _time;

    public Lease Lease => claimed.Lease;

    /// <summary>Messages of the inbox that this run knows of and has not recorded.</summary>
    public int Known { get; private set; }

    /// <summary>Something came in, or the instance was stalled.</summary>
    public void Wake() => _woken.TrySetResult();

    /// <summary>The lease is another's, or the instance is gone: nothing that this run does counts any more.</summary>
    public void Lose()
    {
        try
        {
            _lost.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended; there is nothing left to lose.
        }
    }

    public void Dispose() => _lost.Dispose();

    public async Task RunAsync()
    {
        using var span = OrchestrationMetrics.Orchestration(claimed);
        try
        {
            if (await IsRunnableAsync())
                await StepAsync();
        }
        catch (NonDeterministicOrchestrationException fault)
        {
            hub.Logger.Parked(Lease.InstanceId, fault.Message);
            OrchestrationMetrics.Parked.Add(1, OrchestrationMetrics.Named(claimed.Identity.Name.Name, fault.Rule));
            await hub.Claims.ParkAsync(Lease, fault.Message);
        }
        catch (OperationCanceledException) when (_lost.IsCancellationRequested)
        {
            hub.Logger.Lost(Lease.InstanceId);
        }
        finally
        {
            await _lost.CancelAsync();
        }
    }

    /// <summary>The pause before the next attempt, after one that failed by no fault of the code's.</summary>
    public TimeSpan Pause => hub.Options.FirstPause * Math.Pow(2, Math.Min(claimed.Claim.Attempts, 8));

    private async Task<bool> IsRunnableAsync()
    {
        if (claimed.Claim.IsStalled)
        {
            await hub.Claims.ReleaseAsync([Lease], hub.Now, failed: false);
            return false;
        }

        if (claimed.Claim.Attempts >= hub.Options.MaxAttempts)
        {
            var reason = $"It was taken up {claimed.Claim.Attempts} times and never recorded a step.";
            hub.Logger.Parked(Lease.InstanceId, reason);
            OrchestrationMetrics.Parked.Add(1, OrchestrationMetrics.Named(claimed.Identity.Name.Name, "attempts"));
            await hub.Claims.ParkAsync(Lease, reason);
            return false;
        }

        var (name, version) = (claimed.Identity.Name, claimed.Identity.Version);
        if (hub.Registry.Orchestrator(name, version, hub.Services) is not { } orchestrator)
        {
            hub.Logger.UnknownVersion(name.Name, version, Lease.InstanceId);
            await hub.Claims.ReleaseAsync([Lease], hub.Now + hub.Options.UnknownPause, failed: false);
            return false;
        }

        _execution = new OrchestratorExecution(orchestrator, claimed.Identity, claimed.Facts.Input, hub.Loggers);
        foreach (var step in claimed.History)
            _execution.Replay(step);
        _recorded = claimed.History.Count;
        if (_recorded != claimed.Claim.Steps)
            throw new NonDeterministicOrchestrationException(DeterminismRules.HistoryMismatch, $"the instance has recorded {claimed.Claim.Steps} steps, but {_recorded} were found.");
        _time = claimed.History.Count > 0 ? claimed.History[^1].At : DateTime.MinValue;
        _recordedStatus = claimed.Facts.CustomStatus;
        Resume();
        return true;
    }

    /// <summary>Activities that a worker before this one ran itself and did not see end are run again.</summary>
    private void Resume()
    {
        var elsewhere = claimed.History.SelectMany(step => step.Out).Where(did => did.Queued).Select(did => did.Id).ToHashSet();
        // What came of a call may be waiting in the inbox: left there by the worker before, or by a rewind.
        elsewhere.UnionWith(claimed.Inbox.Where(message => message.Execution == claimed.Identity.Execution).Select(message => message.Body.Id));
        foreach (var call in _execution.Open.Where(call => call.Kind == HistoryEventKind.TaskScheduled && !elsewhere.Contains(call.Id)).ToList())
        {
            if (hub.Registry.HasActivity(call.Name!))
                Begin(call);
            else
                _toQueue.Add(call with { Queued = true });
        }
    }

    private async Task StepAsync()
    {
        while (true)
        {
            var from = hub.Clock.GetTimestamp();
            var consumed = Step();
            var calls = Dispatch();
            if (IsPureBeginning(consumed))
            {
                calls.ForEach(Begin);
                await AnyLocalAsync(FirstStepPatience);
                if (_local.Values.Any(task => task.IsCompleted))
                    continue;
                calls.Clear();
            }

            var commit = Commit(consumed, hold: calls.Count > 0 || _local.Count > 0);
            if (!await hub.Writer.WriteAsync(commit))
                throw Lost();
            _recorded += _unrecorded.Count;
            _recordedStatus = _execution.CustomStatus;
            _unrecorded.Clear();
            _toQueue.Clear();
            var name = OrchestrationMetrics.Named(claimed.Identity.Name.Name);
            OrchestrationMetrics.Steps.Add(commit.Steps.Count, name);
            OrchestrationMetrics.StepDuration.Record(hub.Clock.GetElapsedTime(from).TotalSeconds, name);
            if (!commit.Hold)
                return;

            calls.ForEach(Begin);
            Known = 0;
            if (commit.IsStalled || await WaitAsync(commit.Pending))
            {
                await GiveBackAsync();
                return;
            }
        }
    }

    /// <summary>Runs what has come in through the code.</summary>
    /// <returns>Messages that are used up by it.</returns>
    private List<long> Step()
    {
        if (_execution.IsFirst)
        {
            // The time of a start that was set for later, and that a message has called up before it, has not come.
            var now = hub.Now.UtcDateTime;
            if (claimed.Facts.StartAt > claimed.Identity.Started && claimed.Facts.StartAt <= now)
                OrchestrationMetrics.Lateness.Record((now - claimed.Facts.StartAt).TotalSeconds, OrchestrationMetrics.Named(claimed.Identity.Name.Name));
            var started = new HistoryEvent { Kind = HistoryEventKind.ExecutionStarted };
            Record(_execution.Run(_time = claimed.Facts.StartAt < now ? claimed.Facts.StartAt : now, [started, .. claimed.Facts.Carried]));
        }

        // What is in the inbox stays there for the next execution, if there is one.
        if (HasEnded())
            return [];
        var outcomes = new List<HistoryEvent>();
        foreach (var (id, task) in _local.Where(local => local.Value.IsCompleted).ToList())
        {
            _local.Remove(id);
            outcomes.Add(task.GetAwaiter().GetResult());
        }

        var here = hub.Now.UtcDateTime;
        var consumed = _inbox.ConvertAll(message => message.Seq);
        List<HistoryEvent> happened =
        [
            .. outcomes,
            .. _inbox.Where(message => message.Execution is null || message.Execution == claimed.Identity.Execution).Select(message => message.Body),
            .. _execution.Due(here).Select(timer => Fired(timer, here)),
        ];
        _lastSeq = consumed.Count > 0 ? consumed[^1] : _lastSeq;
        _inbox = [];
        if (happened.Count > 0)
            Record(_execution.Run(_time = here > _time ? here : _time, happened));
        return consumed;
    }

    private HistoryEvent Fired(HistoryEvent timer, DateTime now)
    {
        OrchestrationMetrics.Lateness.Record((now - timer.FireAt!.Value).TotalSeconds, OrchestrationMetrics.Named(claimed.Identity.Name.Name));
        return new HistoryEvent { Kind = HistoryEventKind.TimerFired, Id = timer.Id };
    }

    private void Record(HistoryStep step) => _unrecorded.Add(step);

    private bool HasEnded() => End() is not null;

    private HistoryEvent? End() => _unrecorded.SelectMany(step => step.Out).FirstOrDefault(did =>
        did.Kind is HistoryEventKind.ExecutionCompleted or HistoryEventKind.ExecutionFailed or HistoryEventKind.ContinueAsNew);

    /// <summary>Decides of each new call who runs it, and writes that into the step.</summary>
    /// <returns>Those that this worker runs itself.</returns>
    private List<HistoryEvent> Dispatch()
    {
        var own = new List<HistoryEvent>();
        if (HasEnded())
            return own;
        var running = _local.Count;
        for (var i = 0; i < _unrecorded.Count; i++)
        {
            var step = _unrecorded[i];
            if (!step.Out.Any(did => did.Kind == HistoryEventKind.TaskScheduled))
                continue;
            var decided = new List<HistoryEvent>(step.Out.Count);
            foreach (var did in step.Out)
            {
                if (did.Kind != HistoryEventKind.TaskScheduled || did.Queued || _local.ContainsKey(did.Id) || !_execution.Open.Any(open => open.Id == did.Id))
                {
                    decided.Add(did);
                }
                else if (running < hub.Options.LocalActivities && hub.Registry.HasActivity(did.Name!))
                {
                    running++;
                    own.Add(did);
                    decided.Add(did);
                }
                else
                {
                    decided.Add(did with { Queued = true });
                    _toQueue.Add(did with { Queued = true });
                }
            }

            _unrecorded[i] = step with { Out = decided };
        }

        return own;
    }

    private bool IsPureBeginning(List<long> consumed) =>
        _recorded == 0 && _unrecorded.Count == 1 && _time == claimed.Facts.StartAt && consumed.Count == 0 && claimed.Facts.Carried.Count == 0 && claimed.Claim.Attempts == 0 && _toQueue.Count == 0 && _local.Count == 0
        && _execution.CustomStatus == _recordedStatus && _unrecorded[0].Out.Count > 0 && _unrecorded[0].Out.All(did => did.Kind == HistoryEventKind.TaskScheduled);

    private StepCommit Commit(List<long> consumed, bool hold)
    {
        var did = _unrecorded.SelectMany(step => step.Out).ToList();
        var end = End();
        return new StepCommit
        {
            Lease = Lease,
            Execution = claimed.Identity.Execution,
            StepsBefore = _recorded,
            Steps = [.. _unrecorded],
            Consumed = consumed,
            Hold = hold && end is null,
            NextDue = _execution.NextTimer,
            CustomStatus = _execution.CustomStatus,
            CustomStatusChanged = _execution.CustomStatus != _recordedStatus,
            QueuedActivities = _toQueue.ConvertAll(Call),
            Children = [.. did.Where(one => one.Kind == HistoryEventKind.SubOrchestrationInstanceCreated).Select(Child)],
            Messages = [.. did.Where(one => one.Kind == HistoryEventKind.EventSent).Select(Sent), .. ToParent(end)],
            Ended = Ending(end),
            Final = Ending(end) is { } ending ? Final(ending) : null,
            Next = end?.Kind == HistoryEventKind.ContinueAsNew ? new NextExecution(end.Data, end.Version ?? claimed.Identity.Version, _execution.Kept) : null,
        };
    }

    private static Ending? Ending(HistoryEvent? end) => end?.Kind switch
    {
        HistoryEventKind.ExecutionCompleted => new Ending(OrchestrationRuntimeStatus.Completed, end.Data, null),
        HistoryEventKind.ExecutionFailed => new Ending(OrchestrationRuntimeStatus.Failed, null, end.Failure),
        _ => null,
    };

    private OrchestrationMetadata Final(Ending ending) => new(claimed.Identity.Name.Name, Lease.InstanceId)
    {
        RuntimeStatus = ending.Status,
        Version = claimed.Identity.Version,
        CreatedAt = new DateTimeOffset(claimed.Identity.Started, TimeSpan.Zero),
        LastUpdatedAt = hub.Now,
        CompletedAt = hub.Now,
        ParentInstanceId = claimed.Identity.ParentId,
        Execution = claimed.Identity.Execution,
        SerializedInput = claimed.Facts.Input,
        SerializedOutput = ending.Output,
        SerializedCustomStatus = _execution.CustomStatus,
        FailureDetails = ending.Failure,
    };

    private OrchestrationStart Child(HistoryEvent created) => new(created.InstanceId!, created.Name!, created.Data)
    {
        Version = created.Version ?? "",
        Tags = created.Tags,
        TraceParent = claimed.Facts.TraceParent,
        ParentId = Lease.InstanceId,
        ParentExecution = claimed.Identity.Execution,
        ParentTask = created.Id,
    };

    private static OrchestrationMessage Sent(HistoryEvent sent) =>
        new(sent.InstanceId!, null, new HistoryEvent { Kind = HistoryEventKind.EventRaised, Name = sent.Name, Data = sent.Data });

    private IEnumerable<OrchestrationMessage> ToParent(HistoryEvent? end)
    {
        if (claimed.Identity.ParentId is not { } parent || end is null or { Kind: HistoryEventKind.ContinueAsNew })
            yield break;
        yield return new OrchestrationMessage(parent, claimed.Facts.ParentExecution, new HistoryEvent
        {
            Kind = end.Failure is null ? HistoryEventKind.SubOrchestrationInstanceCompleted : HistoryEventKind.SubOrchestrationInstanceFailed,
            Id = claimed.Facts.ParentTask ?? 0,
            Data = end.Data,
            Failure = end.Failure,
        });
    }

    private ActivityCall Call(HistoryEvent call) => ActivityCall.Of(claimed.Identity, call, claimed.Facts.TraceParent);

    private void Begin(HistoryEvent call)
    {
        var work = Call(call);
        _local[call.Id] = Task.Run(() => hub.Activities.RunAsync(work, _lost.Token));
    }

    /// <summary>Waits until there is something to do for the code.</summary>
    /// <returns>True when the instance is to be given back instead.</returns>
    private async Task<bool> WaitAsync(int pending)
    {
        while (true)
        {
            if (pending > 0)
            {
                _inbox = await hub.Claims.ReadInboxAsync(Lease.InstanceId, _lastSeq, _lost.Token);
                Known = Math.Max(pending, _inbox.Count);
            }

            if (_inbox.Count > 0 || _local.Values.Any(task => task.IsCompleted) || _execution.Due(hub.Now.UtcDateTime).Any())
                return false;
            await AnyLocalAsync(_execution.NextTimer - hub.Now.UtcDateTime);
            if (hub.Stopping.IsCancellationRequested)
                return true;
            if (!_woken.Task.IsCompleted)
                continue;
            _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var now = await hub.Claims.PeekAsync([Lease], _lost.Token);
            if (now.Count == 0)
                throw Lost();
            if (now[0].IsStalled)
                return true;
            pending = now[0].Pending;
        }
    }

    /// <summary>Until an activity ends, something comes in, or the time is over.</summary>
    private async Task AnyLocalAsync(TimeSpan? most)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_lost.Token, hub.Stopping);
        var longest = TimeSpan.FromDays(20);
        var pause = most is null || most > longest ? longest : most > TimeSpan.Zero ? most.Value : TimeSpan.Zero;
        var delay = Task.Delay(pause, hub.Clock, enough.Token);
        await Task.WhenAny([.. _local.Values, _woken.Task, delay]);
        await enough.CancelAsync();
        _lost.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Lets go of the instance while activities of it run here: what they answer becomes messages for whoever takes it up next.</summary>
    private async Task GiveBackAsync()
    {
        var all = Task.WhenAll(_local.Values);
        if (hub.Stopping.IsCancellationRequested)
            await Task.WhenAny(all, Task.Delay(hub.Options.StopPatience, hub.Clock));
        else
            await Task.WhenAny(all, Task.Delay(Timeout.InfiniteTimeSpan, hub.Clock, _lost.Token));
        _lost.Token.ThrowIfCancellationRequested();
        var unfinished = _local.Values.Any(task => !task.IsCompletedSuccessfully);
        var commit = new StepCommit
        {
            Lease = Lease,
            Execution = claimed.Identity.Execution,
            StepsBefore = _recorded,
            Steps = [],
            NextDue = unfinished ? hub.Now : _execution.NextTimer,
            Messages = [.. _local.Values.Where(task => task.IsCompletedSuccessfully).Select(task => new OrchestrationMessage(Lease.InstanceId, claimed.Identity.Execution, task.Result))],
        };
        if (!await hub.Writer.WriteAsync(commit))
            throw Lost();
    }

    private OperationCanceledException Lost()
    {
        _lost.Cancel();
        return new OperationCanceledException(_lost.Token);
    }
}
