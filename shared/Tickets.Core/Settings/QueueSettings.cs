using Tickets.Contracts;
using Tickets.Core.Platform.Json;
using Tickets.Core.Workflows;

namespace Tickets.Core.Settings;

/// <summary>A queue ready to work with: its workflow compiled, its shards known.</summary>
public sealed record QueueSettings(int QueueId, Queue Definition, WorkflowRules Workflow, TimeSpan HotRetention)
{
    public string Name => Definition.Name;

    /// <summary>Its tickets are deleted when their time in the hot tier is over, not archived.</summary>
    public bool IsDeletedAfterHot => Definition.AfterHotRetention == "delete";

    /// <summary>How long its tickets are kept in the cold tier; null for ever.</summary>
    public TimeSpan? ColdRetention { get; } = Iso8601Duration.TryParse(Definition.ColdRetention ?? "", out var kept) ? kept : null;

    /// <summary>More than one: the queue is split by ticket id.</summary>
    public IReadOnlyList<string> Shards { get; } = Definition.Shards ?? [];

    /// <summary>Where the queue's tickets are or were a moment ago: more than <see cref="Shards"/> while it moves.</summary>
    public IReadOnlyList<string> Places { get; } = Definition.Moving is { } move ? [.. move.From.Union(move.To, StringComparer.Ordinal)] : Definition.Shards ?? [];

    /// <summary>The queue's own partitions on each of its shards.</summary>
    public string TicketsTable { get; } = TicketsTableOf(QueueId);
    public string MetaTable { get; } = MetaTableOf(QueueId);

    public static string TicketsTableOf(int queueId) => $"tickets_q{queueId}";
    public static string MetaTableOf(int queueId) => $"ticket_meta_q{queueId}";

    /// <summary>Whether writes must wait: the last changes are following the queue to its new shards.</summary>
    public bool IsSwitching => Definition.Moving is { Phase: QueueMove.Switching };

    public string ShardOf(long ticketId) => ShardOf(Shards, ticketId);

    /// <summary>The rule of a split queue (T8): which of its shards a ticket is on.</summary>
    public static string ShardOf(IReadOnlyList<string> shards, long ticketId) =>
        shards.Count == 1 ? shards[0] : shards[(int)((ulong)Spread(ticketId) % (ulong)shards.Count)];

    // Neighbouring ids go to one process in one block; a multiplicative hash spreads them evenly whatever the block size.
    private static long Spread(long ticketId) => (long)(((ulong)ticketId * 0x9E37_79B9_7F4A_7C15UL) >> 17);
}
