using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Tickets.Core.Platform;

namespace Tickets.Core.Oplog.Relay;

/// <summary>The relay's instruments. Those with a value are told by the process that holds the relay.</summary>
internal static class RelayMetrics
{
    private static readonly Meter Meter = new("Tickets");
    private static readonly ConcurrentDictionary<string, (long Lag, bool Blocked)> Shards = new(StringComparer.Ordinal);

    public static readonly Counter<long> Published = Meter.CreateCounter<long>("tickets.relay.published", "{op}", "Ops that Service Bus has taken.");

    public static readonly Counter<long> Failures = Meter.CreateCounter<long>("tickets.relay.failures", "{send}", "Sends that Service Bus did not take, by reason.");

    public static readonly Counter<long> ByReference = Meter.CreateCounter<long>("tickets.relay.by_reference", "{op}", "Ops published by reference.");

    public static readonly Tally Lost = new(Meter, "tickets.relay.lost", "{op}", "Ops dropped from the log before they were published.");

    public static readonly Counter<long> Skipped = Meter.CreateCounter<long>("tickets.relay.skipped", "{op}", "Refused ops that an operator had the relay skip.");

    static RelayMetrics()
    {
        Meter.CreateObservableGauge("tickets.relay.lag", () => Shards.Select(s => new Measurement<long>(s.Value.Lag, new KeyValuePair<string, object?>("shard", s.Key))), "{op}", "Ops that are not published yet.");
        Meter.CreateObservableGauge("tickets.relay.blocked", () => Shards.Select(s => new Measurement<int>(s.Value.Blocked ? 1 : 0, new KeyValuePair<string, object?>("shard", s.Key))), "{relay}", "1 while an op is refused and the relay stands still.");
    }

    public static void Tell(string shard, long lag, bool blocked) => Shards[shard] = (Math.Max(lag, 0), blocked);

    public static void Forget(string shard) => Shards.TryRemove(shard, out _);
}
