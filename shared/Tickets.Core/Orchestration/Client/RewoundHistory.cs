using Tickets.Core.Orchestration.History;

namespace Tickets.Core.Orchestration.Client;

/// <summary>The history of a failed orchestration, parted: what stays, and what is undone and happens again.</summary>
/// <param name="Kept">Up to where it waited for what then made it fail.</param>
/// <param name="Again">What came in after that and stands.</param>
/// <param name="Open">Calls that were begun in what stays and have no outcome in it, or a failed one that is undone.</param>
/// <param name="Undone">Children that were begun in what is undone.</param>
internal sealed record RewoundHistory(IReadOnlyList<HistoryStep> Kept, IReadOnlyList<HistoryEvent> Again, IReadOnlyList<HistoryEvent> Open, IReadOnlyList<HistoryEvent> Undone)
{
    /// <summary>
    /// The step that failed is undone, whatever else it did, and those before it in which the code only took something in. Events that were sent stay sent.
    /// </summary>
    public static RewoundHistory Of(IReadOnlyList<HistoryStep> steps)
    {
        var last = Math.Max(0, steps.Count - 1);
        while (last > 1 && steps[last - 1].Out.Count == 0)
            last--;
        var (kept, undone) = (steps.Take(last).ToList(), steps.Skip(last).ToList());
        var again = undone.SelectMany(step => step.In).Where(one => one.Failure is null && one.Kind is not (HistoryEventKind.ExecutionStarted or HistoryEventKind.TimerFired)).ToList();
        var answered = kept.SelectMany(step => step.In).Concat(again).Where(one => one.Id > 0).Select(one => one.Id).ToHashSet();
        return new RewoundHistory(
            kept,
            again,
            kept.SelectMany(step => step.Out).Where(did => IsCall(did) && !answered.Contains(did.Id)).ToList(),
            undone.SelectMany(step => step.Out).Where(IsChild).ToList());
    }

    public static bool IsChild(HistoryEvent did) => did.Kind == HistoryEventKind.SubOrchestrationInstanceCreated;

    private static bool IsCall(HistoryEvent did) => IsChild(did) || did.Kind == HistoryEventKind.TaskScheduled;
}
