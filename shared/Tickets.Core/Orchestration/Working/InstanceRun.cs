using Npgsql;
using Tickets.Core.Orchestration.Determinism;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Replay;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration.Working;

/// <summary>
/// One stay of an instance with this worker: its past is run again, then step after step is run and recorded, until it waits for something that is not
/// here, or that takes long. A step's activities begin when the step is recorded. The one exception is the very first step, which may be recorded together
/// with the next (<see cref="StepDraft.IsPureBeginning"/>).
/// </summary>
internal sealed class InstanceRun(HubParts hub, ClaimedInstance claimed, WorkSession session) : IDisposable
{
    /// <summary>The first step is recorded after this time at the latest.</summary>
    private static readonly TimeSpan FirstStepPatience = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _lost = new();
    private readonly LocalCalls _local = new(hub.Activities);
    private OrchestratorExecution _execution = null!;
    private StepDraft _draft = null!;
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<InboxMessage> _inbox = [.. claimed.Inbox];
    private long _lastSeq;
    private DateTime _time;

    public Lease Lease => claimed.Lease;

    /// <summary>Messages of the inbox that this run knows of and has not recorded.</summary>
    public int Known { get; private set; }

    /// <summary>Its turn was counted as an attempt before it began, and no step has been recorded since.</summary>
    public bool IsMarked { get; private set; }

    /// <summary>The pause before the next attempt, after one that failed by its own fault.</summary>
    public TimeSpan Pause => hub.Options.FirstPause * Math.Pow(2, Math.Min(claimed.Claim.Attempts, 8));

    /// <summary>Activities that still ran when the instance was given back, leased by this worker from then on.</summary>
    public IReadOnlyList<(ClaimedActivity Activity, LocalCall Call)> HandedOver { get; private set; } = [];

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

    /// <exception cref="TurnFailedException">By the orchestration's own fault.</exception>
    public async Task RunAsync()
    {
        using var span = OrchestrationMetrics.Orchestration(claimed);
        IDisposable? alone = null;
        try
        {
            if (claimed.Claim is { IsTakenOver: true, IsStalled: false } && !session.Stopping.IsCancellationRequested)
                alone = await MarkAsync();
            if (await IsRunnableAsync())
                await StepAsync();
        }
        catch (NonDeterministicOrchestrationException fault)
        {
            await ParkAsync(fault.Message, fault.Rule);
        }
        catch (OperationCanceledException) when (_lost.IsCancellationRequested)
        {
            hub.Logger.Lost(Lease.InstanceId);
            if (IsMarked)
                await hub.Claims.AcquitAsync(Lease.InstanceId);
        }
        finally
        {
            alone?.Dispose();
            _local.Lose();
            await _lost.CancelAsync();
        }
    }

    private async Task<IDisposable> MarkAsync()
    {
        var alone = await hub.Suspects.Instances.EnterAsync(_lost.Token);
        if (claimed.Claim.Attempts >= hub.Options.MaxAttempts)
            return alone;
        IsMarked = true;
        if (await hub.Claims.MarkAsync(Lease))
            return alone;
        alone.Dispose();
        throw Lost();
    }

    private async Task<bool> IsRunnableAsync()
    {
        if (claimed.Claim.IsStalled || session.Stopping.IsCancellationRequested)
        {
            await hub.Claims.ReleaseAsync([Lease], hub.Now, attempts: IsMarked ? -1 : 0);
            return false;
        }

        if (claimed.Claim.Attempts >= hub.Options.MaxAttempts)
        {
            await ParkAsync($"It was tried {claimed.Claim.Attempts} times and never recorded a step.", "attempts");
            return false;
        }

        var (name, version) = (claimed.Identity.Name, claimed.Identity.Version);
        if (Code(() => hub.Registry.Orchestrator(name, version, hub.Services)) is not { } orchestrator)
        {
            hub.Logger.UnknownVersion(name.Name, version, Lease.InstanceId);
            await hub.Claims.ReleaseAsync([Lease], hub.Now + hub.Options.UnknownPause, attempts: IsMarked ? -1 : 0);
            return false;
        }

        _execution = new OrchestratorExecution(orchestrator, claimed.Identity, Lease.Token, claimed.Facts.Input, hub.Loggers);
        foreach (var step in claimed.History)
            Code(() => _execution.Replay(step));
        _draft = new StepDraft(hub, claimed, _execution);
        if (_draft.Recorded != claimed.Claim.Steps)
            throw new NonDeterministicOrchestrationException(DeterminismRules.HistoryMismatch, $"the instance has recorded {claimed.Claim.Steps} steps, but {_draft.Recorded} were found.");
        _time = claimed.History.Count > 0 ? claimed.History[^1].At : DateTime.MinValue;
        Resume();
        return true;
    }

    /// <summary>Activities that a worker before this one ran itself and did not see end are run again.</summary>
    private void Resume()
    {
        var elsewhere = claimed.History.SelectMany(step => step.Out).Where(did => did.Queued).Select(did => did.Id).ToHashSet();
        elsewhere.UnionWith(claimed.Queued);
        // What came of a call may be waiting in the inbox: left there by the worker before, or by a rewind.
        elsewhere.UnionWith(claimed.Inbox.Where(message => message.Execution == claimed.Identity.Execution).Select(message => message.Body.Id));
        foreach (var call in _execution.Open.Where(call => call.Kind == HistoryEventKind.TaskScheduled && !elsewhere.Contains(call.Id)).ToList())
        {
            if (!claimed.Claim.IsTakenOver && hub.Registry.HasActivity(call.Name!))
                _local.Begin(Call(call));
            else
                _draft.Queue(call);
        }
    }

    private async Task StepAsync()
    {
        // Of one that was taken over the activities wait in the table: there each is counted by itself.
        var most = claimed.Claim.IsTakenOver ? 0 : hub.Options.LocalActivities;
        while (true)
        {
            var from = hub.Clock.GetTimestamp();
            var consumed = Step();
            var calls = _draft.Dispatch(_local, most).ConvertAll(Call);
            if (_draft.IsPureBeginning(consumed.Count, _local))
            {
                calls.ForEach(_local.Begin);
                await AnyLocalAsync(FirstStepPatience);
                if (_local.AnyEnded)
                    continue;
                calls.Clear();
            }

            var commit = Code(() => _draft.Commit(consumed, hold: calls.Count > 0 || _local.Count > 0));
            await WriteAsync(commit);
            _draft.Clear();
            var name = OrchestrationMetrics.Named(claimed.Identity.Name.Name);
            OrchestrationMetrics.Steps.Add(commit.Steps.Count, name);
            OrchestrationMetrics.StepDuration.Record(hub.Clock.GetElapsedTime(from).TotalSeconds, name);
            if (!commit.Hold)
                return;

            calls.ForEach(_local.Begin);
            Known = 0;
            if (commit.IsStalled || !await RestAsync(commit.Pending))
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
            RunFirst();
        // What is in the inbox stays there for the next execution, if there is one.
        if (_draft.End is not null)
            return [];
        var here = hub.Now.UtcDateTime;
        var consumed = _inbox.ConvertAll(message => message.Seq);
        List<HistoryEvent> happened =
        [
            .. _local.TakeEnded(),
            .. _inbox.Where(message => message.Execution is null || message.Execution == claimed.Identity.Execution).Select(message => message.Body),
            .. _execution.Due(here).Select(timer => Fired(timer, here)),
        ];
        _lastSeq = consumed.Count > 0 ? consumed[^1] : _lastSeq;
        _inbox = [];
        if (happened.Count > 0)
            _draft.Add(Code(() => _execution.Run(_time = here > _time ? here : _time, happened)));
        return consumed;
    }

    private void RunFirst()
    {
        // The time of a start that was set for later, and that a message has called up before it, has not come.
        var (startAt, now) = (claimed.Facts.StartAt, hub.Now.UtcDateTime);
        if (startAt > claimed.Identity.Started && startAt <= now)
            OrchestrationMetrics.Lateness.Record((now - startAt).TotalSeconds, OrchestrationMetrics.Named(claimed.Identity.Name.Name));
        var started = new HistoryEvent { Kind = HistoryEventKind.ExecutionStarted };
        _draft.Add(Code(() => _execution.Run(_time = startAt < now ? startAt : now, [started, .. claimed.Facts.Carried])));
    }

    private HistoryEvent Fired(HistoryEvent timer, DateTime now)
    {
        OrchestrationMetrics.Lateness.Record((now - timer.FireAt!.Value).TotalSeconds, OrchestrationMetrics.Named(claimed.Identity.Name.Name));
        return new HistoryEvent { Kind = HistoryEventKind.TimerFired, Id = timer.Id };
    }

    private ActivityCall Call(HistoryEvent call) => ActivityCall.Of(claimed.Identity, call, claimed.Facts.TraceParent);

    private async Task WriteAsync(StepCommit commit)
    {
        bool stood;
        try
        {
            stood = await hub.Writer.WriteAsync(commit);
        }
        catch (PostgresException refusal) when (TurnFailedException.IsOf(refusal))
        {
            throw new TurnFailedException(refusal);
        }

        if (!stood)
            throw Lost();
        IsMarked = false;
    }

    /// <summary>Waits until there is something to do for the code. Meanwhile its place is another's.</summary>
    /// <returns>False when the instance is to be given back instead.</returns>
    private async Task<bool> RestAsync(int pending)
    {
        hub.FreePlace(hub.Held.Rest);
        try
        {
            return await WaitAsync(pending);
        }
        finally
        {
            hub.Held.GoOn();
        }
    }

    private async Task<bool> WaitAsync(int pending)
    {
        var until = hub.Now + hub.Options.LocalPatience;
        while (true)
        {
            if (pending > 0)
            {
                _inbox = await hub.Claims.ReadInboxAsync(Lease.InstanceId, _lastSeq, _lost.Token);
                Known = Math.Max(pending, _inbox.Count);
            }

            var now = hub.Now;
            if (_inbox.Count > 0 || _local.AnyEnded || _execution.Due(now.UtcDateTime).Any())
                return true;
            if (now >= until || session.Stopping.IsCancellationRequested)
                return false;
            await AnyLocalAsync(_execution.NextTimer is { } timer && timer < until.UtcDateTime ? timer - now.UtcDateTime : until - now);
            if (!_woken.Task.IsCompleted)
            {
                pending = 0;
                continue;
            }

            _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var held = await hub.Claims.PeekAsync([Lease], _lost.Token);
            if (held.Count == 0)
                throw Lost();
            if (held[0].IsStalled)
                return false;
            pending = held[0].Pending;
        }
    }

    /// <summary>Until an activity ends, something comes in, the worker is to stop, or the time is over.</summary>
    private async Task AnyLocalAsync(TimeSpan most)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_lost.Token, session.Stopping);
        var delay = Task.Delay(most > TimeSpan.Zero ? most : TimeSpan.Zero, hub.Clock, enough.Token);
        await Task.WhenAny([.. _local.Outcomes, _woken.Task, delay]);
        await enough.CancelAsync();
        _lost.Token.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// Lets go of the instance while activities of it run here. Those go on under leases of their own, as if they had been taken from the table; those that have not
    /// begun wait there for any process, and what has ended becomes messages. A worker that stops waits for what runs as long as it may.
    /// </summary>
    private async Task GiveBackAsync()
    {
        var stops = session.Stopping.IsCancellationRequested;
        if (stops)
            await WithinAsync(Task.WhenAll(_local.Outcomes));
        _lost.Token.ThrowIfCancellationRequested();
        var (ended, notRun, running) = _local.Part(giveUp: stops);
        try
        {
            HandedOver = await LeaseAsync(running);
            await WriteAsync(new StepCommit
            {
                Lease = Lease,
                Execution = claimed.Identity.Execution,
                StepsBefore = _draft.Recorded,
                Steps = [],
                NextDue = _execution.NextTimer,
                Messages = ended.ConvertAll(outcome => new OrchestrationMessage(Lease.InstanceId, claimed.Identity.Execution, outcome)),
                QueuedActivities =
                [
                    .. notRun.Select(call => new QueuedActivity(call.Call)),
                    .. HandedOver.Select(one => new QueuedActivity(one.Call.Call, new HeldBy(one.Activity.Lease.Token, hub.Claims.Owner, hub.Now + hub.Options.Lease))),
                ],
            });
        }
        catch
        {
            running.ForEach(call => call.Lose());
            HandedOver = [];
            throw;
        }
    }

    private async Task<List<(ClaimedActivity Activity, LocalCall Call)>> LeaseAsync(List<LocalCall> running)
    {
        if (running.Count == 0)
            return [];
        var tokens = await hub.Claims.TokensAsync(running.Count);
        return running.Select((call, i) => (new ClaimedActivity(new Lease(Lease.InstanceId, tokens[i]), claimed.Identity.Execution, call.Call.Event.Id, Attempts: 0, IsTakenOver: false, call.Call), call)).ToList();
    }

    private async Task WithinAsync(Task all)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_lost.Token, session.Ended);
        await all.WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ParkAsync(string reason, string rule)
    {
        hub.Logger.Parked(Lease.InstanceId, reason);
        OrchestrationMetrics.Parked.Add(1, OrchestrationMetrics.Named(claimed.Identity.Name.Name, rule));
        await hub.Claims.ParkAsync(Lease, reason);
    }

    private OperationCanceledException Lost()
    {
        _lost.Cancel();
        return new OperationCanceledException(_lost.Token);
    }

    /// <summary>Runs code of the orchestration: what it throws is its own fault.</summary>
    private static T Code<T>(Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception fault) when (fault is not NonDeterministicOrchestrationException)
        {
            throw new TurnFailedException(fault);
        }
    }

    private static void Code(Action run) => Code(() =>
    {
        run();
        return true;
    });
}
