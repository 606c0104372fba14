using Tickets.Chaos.Histories;

namespace Tickets.Chaos.Faults;

/// <summary>Breaks one thing after another, and writes into the history when.</summary>
/// <param name="eachAtLeastOnce">Whether a short run goes on until every fault has come.</param>
/// <param name="pause">Between two faults, in milliseconds.</param>
internal sealed class Nemesis(History history, IReadOnlyList<IFault> faults, (int Least, int Most) pause, int seed, bool eachAtLeastOnce = true)
{
    private readonly Random _random = new(seed);

    public int Count { get; private set; }

    /// <summary>Until told to stop; all is whole again then.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        // Every kind comes before any comes again, in an order of the seed's.
        var least = eachAtLeastOnce ? faults.Count : 0;
        for (var n = 0; n < least || !stop.IsCancellationRequested;)
        {
            foreach (var fault in _random.GetItems(faults.ToArray(), faults.Count).Union(faults))
            {
                if (n >= least && stop.IsCancellationRequested)
                    return;
                await Task.Delay(_random.Next(pause.Least, pause.Most), stop.IsCancellationRequested ? CancellationToken.None : stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (n >= least && stop.IsCancellationRequested)
                    return;
                await StrikeAsync(fault);
                n++;
            }
        }
    }

    private async Task StrikeAsync(IFault fault)
    {
        var number = history.Begin(HistoryEvent.Nemesis, fault.Name, "");
        await fault.StrikeAsync(_random);
        history.End(number, HistoryEvent.Nemesis, EventKind.Ok, fault.Name, "");
        Count++;
    }
}
