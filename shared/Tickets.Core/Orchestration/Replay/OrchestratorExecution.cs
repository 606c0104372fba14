using System.Globalization;
using Microsoft.Extensions.Logging;
using Tickets.Core.Orchestration.Determinism;
using Tickets.Core.Orchestration.History;

namespace Tickets.Core.Orchestration.Replay;

/// <summary>An orchestrator with its past: recorded steps are run again and checked against what they recorded, then new ones are run.</summary>
/// <param name="stay">The number of the lease under which it runs here, which no other stay of any orchestration ever has.</param>
internal sealed class OrchestratorExecution(ITaskOrchestrator orchestrator, ExecutionIdentity identity, long stay, string? input, ILoggerFactory loggers) : TaskOrchestrationContext
{
    private const int MaxCustomStatus = 16 * 1024;

    private readonly TurnQueue _turn = new();
    private readonly ExternalEvents _events = new();
    private readonly SortedDictionary<int, OpenTask> _open = [];
    private List<HistoryEvent> _out = [];
    private Task<object?>? _body;
    private HistoryEvent? _anew;
    private bool _keepEvents;
    private int _lastId;
    private int _lastGuid;
    private DateTime _now;
    private bool _replaying;

    public override TaskName Name => identity.Name;
    public override string InstanceId => identity.InstanceId;
    public override string Version => identity.Version;
    public override ParentOrchestrationInstance? Parent => identity.ParentId is { } parent ? new ParentOrchestrationInstance(parent) : null;
    public override DateTime CurrentUtcDateTime => _now;
    public override bool IsReplaying => _replaying;

    /// <summary>As JSON; null until the code sets one.</summary>
    public string? CustomStatus { get; private set; }

    public int Steps { get; private set; }

    /// <summary>What the code has begun and waits for, oldest first.</summary>
    public IEnumerable<HistoryEvent> Open => _open.Values.Select(open => open.Begun);

    /// <summary>When the next timer is due; null when none is set.</summary>
    public DateTime? NextTimer => _open.Values.Where(open => open is OpenTimer).Min(open => open.Begun.FireAt);

    /// <summary>Events for the next execution, when the code begins anew.</summary>
    public IReadOnlyList<HistoryEvent> Kept => _keepEvents ? _events.Untaken : [];

    public bool IsFirst => Steps == 0;

    /// <summary>Runs a recorded step again.</summary>
    /// <exception cref="NonDeterministicOrchestrationException">The code does something else now.</exception>
    public void Replay(HistoryStep step)
    {
        var did = Run(step.At, step.In, replaying: true).Out;
        for (var i = 0; i < Math.Max(did.Count, step.Out.Count); i++)
        {
            var (recorded, now) = (step.Out.ElementAtOrDefault(i), did.ElementAtOrDefault(i));
            if (recorded is null || now is null || !Same(recorded, now))
                throw new NonDeterministicOrchestrationException(DeterminismRules.HistoryMismatch, $"step {Steps} recorded {Told(recorded)}; the code now does {Told(now)}.");
        }
    }

    /// <summary>Lets what came in take effect, each thing after the other, and tells what the code did.</summary>
    public HistoryStep Run(DateTime at, IReadOnlyList<HistoryEvent> happened, bool replaying = false)
    {
        Steps++;
        _now = at;
        _replaying = replaying;
        _out = [];
        foreach (var one in happened)
            _turn.Run(() => Deliver(one));
        if (_turn.Fault is { } fault)
            throw fault;
        if (_body is { IsCompleted: true } body)
            End(body);
        else if (_open.Count == 0 && !_events.AnyWaiting)
            throw _turn.Report(DeterminismRules.NonDurableAwait, "the orchestrator waits, but for nothing that the context gave it.");
        return new HistoryStep(at, happened, _out);
    }

    /// <summary>Timers that are due, in the order of their times.</summary>
    public IEnumerable<HistoryEvent> Due(DateTime now) => _open.Values
        .Where(open => open is OpenTimer && open.Begun.FireAt <= now)
        .OrderBy(open => open.Begun.FireAt).ThenBy(open => open.Begun.Id)
        .Select(open => open.Begun)
        .ToList();

    public override T? GetInput<T>()
        where T : default => Payload.To<T>(input);

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null) =>
        Retried.CallAsync(this, options?.Retry, (attempt, origin) => Call<TResult>(new HistoryEvent
        {
            Kind = HistoryEventKind.TaskScheduled,
            Name = name.Name,
            Version = options?.Version ?? (identity.Version.Length == 0 ? null : identity.Version),
            Data = Payload.From(input),
            Attempt = attempt,
            Origin = origin,
            Timeout = options?.Timeout,
        }));

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        var id = (options as SubOrchestrationOptions)?.InstanceId;
        if (id is not null)
            InstanceIds.Check(id, nameof(options));
        return Retried.CallAsync(this, options?.Retry, (attempt, origin) => Call<TResult>(new HistoryEvent
        {
            Kind = HistoryEventKind.SubOrchestrationInstanceCreated,
            Name = orchestratorName.Name,
            Version = options?.Version,
            InstanceId = id is null ? string.Create(CultureInfo.InvariantCulture, $"{InstanceId}:{identity.Execution:x}:{_lastId + 1:x}") : attempt > 1 ? $"{id}:{attempt}" : id,
            ChildId = id is null ? string.Create(CultureInfo.InvariantCulture, $"{InstanceId}:{stay:x}:{_lastId + 1:x}") : null,
            Data = Payload.From(input),
            Attempt = attempt,
            Origin = origin,
            Tags = options?.Tags,
        }));
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellation = default)
    {
        _turn.EnsureCurrent();
        if (cancellation.IsCancellationRequested)
            return Task.FromCanceled(cancellation);
        var utc = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        var timer = new OpenTimer(Begin(new HistoryEvent { Kind = HistoryEventKind.TimerCreated, FireAt = utc }));
        _open.Add(timer.Begun.Id, timer);
        cancellation.UnsafeRegister(
            _ =>
            {
                if (_open.Remove(timer.Begun.Id))
                    timer.Cancel(cancellation);
            },
            null);
        return timer.Fired;
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellation = default)
    {
        _turn.EnsureCurrent();
        return _events.Wait<T>(eventName, cancellation);
    }

    public override void SendEvent(string instanceId, string eventName, object? payload)
    {
        _turn.EnsureCurrent();
        InstanceIds.Check(instanceId, nameof(instanceId));
        Begin(new HistoryEvent { Kind = HistoryEventKind.EventSent, InstanceId = instanceId, Name = eventName, Data = Payload.From(payload) });
    }

    public override void SetCustomStatus(object? customStatus)
    {
        _turn.EnsureCurrent();
        var json = Payload.From(customStatus);
        if (json?.Length > MaxCustomStatus)
            throw new ArgumentException($"A custom status has at most {MaxCustomStatus} characters as JSON; this one has {json.Length}.", nameof(customStatus));
        CustomStatus = json;
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true, string? newVersion = null)
    {
        _turn.EnsureCurrent();
        _anew = new HistoryEvent { Kind = HistoryEventKind.ContinueAsNew, Data = Payload.From(newInput), Version = newVersion };
        _keepEvents = preserveUnprocessedEvents;
    }

    public override Guid NewGuid()
    {
        _turn.EnsureCurrent();
        return NameBasedGuid.Of(string.Create(CultureInfo.InvariantCulture, $"{identity.Key}/{++_lastGuid}"));
    }

    public override ILogger CreateReplaySafeLogger(string category) => new ReplaySafeLogger(loggers.CreateLogger(category), this);

    private Task<T> Call<T>(HistoryEvent begun)
    {
        _turn.EnsureCurrent();
        var call = new OpenCall<T>(Begin(begun));
        _open.Add(call.Begun.Id, call);
        return call.Answer;
    }

    private HistoryEvent Begin(HistoryEvent begun)
    {
        var numbered = begun with { Id = ++_lastId, Origin = begun.Origin == 0 && begun.Attempt > 0 ? _lastId : begun.Origin };
        _out.Add(numbered);
        return numbered;
    }

    private void Deliver(HistoryEvent happened)
    {
        switch (happened.Kind)
        {
            case HistoryEventKind.ExecutionStarted:
                _body = StartAsync();
                break;
            // Once the code has returned, what still comes in is for the next execution or for nobody.
            case HistoryEventKind.EventRaised:
                _events.Raise(happened);
                break;
            default:
                if (_open.Remove(happened.Id, out var open))
                    open.Complete(happened);
                else if (happened.Id > _lastId)
                    throw _turn.Report(DeterminismRules.HistoryMismatch, $"{Told(happened)} was recorded, but the code has not begun it.");
                break;
        }
    }

    private async Task<object?> StartAsync() => await orchestrator.RunAsync(this, Payload.To(input, orchestrator.InputType));

    private void End(Task<object?> body)
    {
        if (_out.Exists(IsEnd))
            return;
        var thrown = body.Exception?.GetBaseException();
        if (thrown is NonDeterministicOrchestrationException broken)
            throw broken;
        if (!body.IsCompletedSuccessfully)
            _out.Add(new HistoryEvent { Kind = HistoryEventKind.ExecutionFailed, Failure = TaskFailureDetails.FromException(thrown ?? new TaskCanceledException(body)) });
        else
            _out.Add(_anew ?? new HistoryEvent { Kind = HistoryEventKind.ExecutionCompleted, Data = Payload.From(body.Result) });
    }

    private static bool IsEnd(HistoryEvent happened) =>
        happened.Kind is HistoryEventKind.ExecutionCompleted or HistoryEventKind.ExecutionFailed or HistoryEventKind.ContinueAsNew;

    private static bool Same(HistoryEvent recorded, HistoryEvent now) =>
        recorded.Kind == now.Kind && recorded.Id == now.Id && recorded.InstanceId == now.InstanceId && string.Equals(recorded.Name, now.Name, StringComparison.OrdinalIgnoreCase);

    private static string Told(HistoryEvent? what) => what is null ? "nothing more" : $"{what.Kind} #{what.Id}{(what.Name is { } name ? $" '{name}'" : "")}";
}

/// <param name="Started">When this instance was made: an id may be used again by a later one.</param>
internal sealed record ExecutionIdentity(string InstanceId, TaskName Name, string Version, int Execution, DateTime Started, string? ParentId)
{
    /// <summary>Names this execution among all that ever were.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{InstanceId}/{Started.Ticks:x}/{Execution}");
}
