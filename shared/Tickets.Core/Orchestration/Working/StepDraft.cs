using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Replay;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration.Working;

/// <summary>Steps that were run and not recorded yet: who is to run the activities that they call, and the commit that records all of it.</summary>
internal sealed class StepDraft(HubParts hub, ClaimedInstance claimed, OrchestratorExecution execution)
{
    private readonly List<HistoryStep> _steps = [];
    private readonly List<HistoryEvent> _toQueue = [];
    private string? _recordedStatus = claimed.Facts.CustomStatus;

    /// <summary>Steps that stand in the database.</summary>
    public int Recorded { get; private set; } = claimed.History.Count;

    /// <summary>How the execution ended in these steps; null when it goes on.</summary>
    public HistoryEvent? End => _steps.SelectMany(step => step.Out).FirstOrDefault(did =>
        did.Kind is HistoryEventKind.ExecutionCompleted or HistoryEventKind.ExecutionFailed or HistoryEventKind.ContinueAsNew);

    public void Add(HistoryStep step) => _steps.Add(step);

    /// <summary>An activity of a recorded step is to wait in the table.</summary>
    public void Queue(HistoryEvent call) => _toQueue.Add(call with { Queued = true });

    /// <summary>Decides of each new call who runs it, and writes that into the step.</summary>
    /// <param name="most">How many this worker may run itself.</param>
    /// <returns>Those that it does.</returns>
    public List<HistoryEvent> Dispatch(LocalCalls local, int most)
    {
        var own = new List<HistoryEvent>();
        if (End is not null)
            return own;
        for (var i = 0; i < _steps.Count; i++)
        {
            var step = _steps[i];
            if (!step.Out.Any(did => did.Kind == HistoryEventKind.TaskScheduled))
                continue;
            var decided = new List<HistoryEvent>(step.Out.Count);
            foreach (var did in step.Out)
            {
                if (did.Kind != HistoryEventKind.TaskScheduled || did.Queued || local.Has(did.Id) || !execution.Open.Any(open => open.Id == did.Id))
                {
                    decided.Add(did);
                }
                else if (local.Count + own.Count < most && hub.Registry.HasActivity(did.Name!) && !hub.Activities.Places.IsCrowded(new TaskName(did.Name!).Key))
                {
                    own.Add(did);
                    decided.Add(did);
                }
                else
                {
                    decided.Add(did with { Queued = true });
                    Queue(did);
                }
            }

            _steps[i] = step with { Out = decided };
        }

        return own;
    }

    /// <summary>The very first step, which called nothing but activities: it depends on nothing but what the start recorded, so running it again gives the same calls.</summary>
    public bool IsPureBeginning(int consumed, LocalCalls local) =>
        Recorded == 0 && _steps.Count == 1 && _steps[0].At == claimed.Facts.StartAt && consumed == 0 && claimed.Facts.Carried.Count == 0 && claimed.Claim is { Attempts: 0, IsTakenOver: false }
        && _toQueue.Count == 0 && local.Count == 0
        && execution.CustomStatus == _recordedStatus && _steps[0].Out.Count > 0 && _steps[0].Out.All(did => did.Kind == HistoryEventKind.TaskScheduled);

    public StepCommit Commit(List<long> consumed, bool hold)
    {
        var did = _steps.SelectMany(step => step.Out).ToList();
        var end = End;
        var ending = Consequences.Ending(end);
        return new StepCommit
        {
            Lease = claimed.Lease,
            Execution = claimed.Identity.Execution,
            StepsBefore = Recorded,
            Steps = [.. _steps],
            Consumed = consumed,
            Hold = hold && end is null,
            NextDue = execution.NextTimer,
            CustomStatus = execution.CustomStatus,
            CustomStatusChanged = execution.CustomStatus != _recordedStatus,
            QueuedActivities = _toQueue.ConvertAll(call => new QueuedActivity(ActivityCall.Of(claimed.Identity, call, claimed.Facts.TraceParent))),
            Children = [.. did.Where(one => one.Kind == HistoryEventKind.SubOrchestrationInstanceCreated).Select(created => Consequences.Child(claimed.Identity, created, claimed.Facts.TraceParent))],
            Messages = [.. did.Where(one => one.Kind == HistoryEventKind.EventSent).Select(Consequences.Sent), .. Consequences.ToParent(claimed, end)],
            Ended = ending,
            Final = ending is null ? null : Consequences.Final(claimed, ending, execution.CustomStatus, hub.Now),
            Next = end?.Kind == HistoryEventKind.ContinueAsNew ? new NextExecution(end.Data, end.Version ?? claimed.Identity.Version, execution.Kept) : null,
        };
    }

    /// <summary>The commit stands.</summary>
    public void Clear()
    {
        Recorded += _steps.Count;
        _recordedStatus = execution.CustomStatus;
        _steps.Clear();
        _toQueue.Clear();
    }
}
