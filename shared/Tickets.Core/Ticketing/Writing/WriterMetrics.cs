using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>The writers' instruments, and the span of a group.</summary>
internal static class WriterMetrics
{
    private static readonly Meter Meter = new("Tickets");
    private static readonly ActivitySource Source = new("Tickets.Writer");

    public static readonly Counter<long> Changes = Meter.CreateCounter<long>("tickets.changes", "{op}", "Changes committed, by kind.");

    public static readonly Counter<long> Commands = Meter.CreateCounter<long>("tickets.writer.commands", "{command}", "Commands taken up, by outcome of their group: decided, unavailable or failed.");

    public static readonly Counter<long> Refusals = Meter.CreateCounter<long>("tickets.writer.refusals", "{command}", "Commands refused because too many wait, by reason: queue_full or full.");

    public static readonly Histogram<int> GroupSize = Meter.CreateHistogram("tickets.writer.group.size", "{command}", "Commands that share a transaction.", tags: null, MetricBuckets.Counts);

    public static readonly Histogram<double> GroupDuration = Meter.CreateHistogram("tickets.writer.group.duration", "s", "From a group's first statement to its end.", tags: null, MetricBuckets.Seconds);

    public static void CountChanges(List<Rules.OpDraft> ops)
    {
        if (!Changes.Enabled)
            return;
        foreach (var op in ops)
            Changes.Add(1, new KeyValuePair<string, object?>("kind", op.Kind));
    }

    public static void CountGroup(string shard, int commands, string outcome, TimeSpan took)
    {
        var tag = new KeyValuePair<string, object?>("shard", shard);
        Commands.Add(commands, tag, new KeyValuePair<string, object?>("outcome", outcome));
        GroupSize.Record(commands, tag);
        GroupDuration.Record(took.TotalSeconds, tag);
    }

    /// <summary>A group serves many requests and so belongs to no one's trace; it links to those that are recorded.</summary>
    public static Activity? Span(string shard, List<PendingCommand> group)
    {
        if (!Source.HasListeners())
            return null;
        var links = new List<ActivityLink>();
        foreach (var pending in group)
        {
            if (ActivityContext.TryParse(pending.TraceParent, null, isRemote: true, out var trace))
                links.Add(new ActivityLink(trace));
        }

        if (links.Count == 0)
            return null;
        var span = Source.StartActivity("commit group", ActivityKind.Internal, parentContext: default, links: links);
        span?.SetTag("tickets.shard", shard);
        span?.SetTag("tickets.group.size", group.Count);
        return span;
    }
}
