using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Core.Orchestration.Working;

/// <summary>The activities of one orchestration that its worker runs itself, by task id.</summary>
internal sealed class LocalCalls(ActivityRunner runner)
{
    private readonly Dictionary<int, LocalCall> _calls = [];

    public int Count => _calls.Count;

    public bool AnyEnded => _calls.Values.Any(call => call.Outcome.IsCompleted);

    public IEnumerable<Task> Outcomes => _calls.Values.Select(call => (Task)call.Outcome);

    public bool Has(int id) => _calls.ContainsKey(id);

    public void Begin(ActivityCall call) => _calls[call.Event.Id] = new LocalCall(runner, call);

    /// <summary>What has ended, and is forgotten here with that.</summary>
    /// <exception cref="OperationCanceledException">One of them was lost.</exception>
    public List<HistoryEvent> TakeEnded()
    {
        var outcomes = new List<HistoryEvent>();
        foreach (var (id, call) in _calls.Where(call => call.Value.Outcome.IsCompleted).ToList())
        {
            _calls.Remove(id);
            using (call)
                outcomes.Add(call.Outcome.GetAwaiter().GetResult());
        }

        return outcomes;
    }

    /// <summary>Empties this: what has ended, what never began or is given up, and what still runs.</summary>
    /// <param name="giveUp">What still runs is lost, and counted with what never began.</param>
    public (List<HistoryEvent> Ended, List<LocalCall> NotRun, List<LocalCall> Running) Part(bool giveUp)
    {
        var (ended, notRun, running) = (new List<HistoryEvent>(), new List<LocalCall>(), new List<LocalCall>());
        foreach (var call in _calls.OrderBy(call => call.Key).Select(call => call.Value))
        {
            if (call.Outcome.IsCompletedSuccessfully)
                ended.Add(call.Outcome.Result);
            else if (call.Withdraw())
                notRun.Add(call);
            else if (giveUp)
                notRun.Add(Lost(call));
            else
                running.Add(call);
        }

        _calls.Clear();
        return (ended, notRun, running);
    }

    public void Lose()
    {
        foreach (var call in _calls.Values)
            call.Lose();
    }

    private static LocalCall Lost(LocalCall call)
    {
        call.Lose();
        return call;
    }
}
