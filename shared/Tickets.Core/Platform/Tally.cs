using System.Diagnostics.Metrics;

namespace Tickets.Core.Platform;

/// <summary>A counter of what should never happen, which is told from the first scrape on: an alert on growth sees the first event only when it saw the zero before it.</summary>
internal sealed class Tally
{
    private long _count;

    public Tally(Meter meter, string name, string unit, string description) =>
        meter.CreateObservableCounter(name, () => Interlocked.Read(ref _count), unit, description);

    public void Add(long more) => Interlocked.Add(ref _count, more);
}
