using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tickets.Core.Platform;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Oplog;

/// <summary>
/// How long a change takes to a subscriber, measured by being one. Also the pattern for functions that react to changes: read the
/// event from the body, act so that doing it twice does no harm (the op's id tells a repetition), and let an exception say that the
/// message should come again. One that can never be handled fails each time and ends in the dead-letter queue.
/// </summary>
internal static class MeasureDelivery
{
    private static readonly Meter Meter = new("Tickets");
    private static readonly ActivitySource Source = new("Tickets.Oplog");

    private static readonly Histogram<double> Delay =
        Meter.CreateHistogram("tickets.oplog.delivery", "s", "From a change's commit to its arrival at a subscriber.", tags: null, MetricBuckets.LongSeconds);

    public static Task HandleAsync(IServiceProvider services, TopicMessage message, CancellationToken cancel)
    {
        var change = ChangeEvent.Read(message);
        using var span = ContinueTrace(change);
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        // A repetition was measured the first time.
        if (message.DeliveryCount is null or 1)
            Delay.Record(Math.Max(0, (now - change.At).TotalSeconds), new KeyValuePair<string, object?>("kind", change.Kind));
        message.Log.Add($"{change.Kind} {change.Shard}:{change.Opid} after {(now - change.At).TotalMilliseconds:0} ms");
        return Task.CompletedTask;
    }

    /// <summary>Linked to the request that made the change, in a trace of its own: a message may be handled long after.</summary>
    private static Activity? ContinueTrace(ChangeEvent change) => ActivityContext.TryParse(change.TraceParent, null, isRemote: true, out var trace)
        ? Source.StartActivity("process tickets-oplog", ActivityKind.Consumer, parentContext: default, links: [new ActivityLink(trace)])
        : null;
}
