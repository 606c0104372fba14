using System.Collections.Concurrent;
using Tickets.Core.Platform;

namespace Tickets.Core.Search;

/// <summary>Searches that no index serves read a queue ticket by ticket: each queue gets only so many of them in a second from each process.</summary>
public sealed class UnservedSearches(TicketsOptions options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<int, (long Second, int Count)> _running = new();

    public bool MayRun(int queueId)
    {
        var second = clock.GetTimestamp() / clock.TimestampFrequency;
        var (_, count) = _running.AddOrUpdate(queueId, _ => (second, 1), (_, known) => known.Second == second ? (second, known.Count + 1) : (second, 1));
        return count <= options.UnservedSearchesPerSecond;
    }
}
