namespace Tickets.Contracts;

/// <summary>The whole system on one page, for operators. Counts of tickets go up to a bound that is told; rates follow from two readings of <c>LastOpid</c>.</summary>
/// <param name="CountedTo">A count of this many means this many or more.</param>
public sealed record SystemOverview(
    DateTimeOffset At, int CountedTo, IReadOnlyList<ShardOverview> Shards, IReadOnlyList<QueueOverview> Queues, IReadOnlyList<OrchestrationBacklog> Orchestrations, IReadOnlyList<ColdDayOverview> ColdDays)
{
    /// <summary>Why the settings are too old to act on, or that the cold tier cannot be read; nothing when all is well.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}

/// <param name="Status"><c>ok</c>, or <c>failing</c>; then the rest is missing.</param>
public sealed record ShardOverview(string Shard, string Status)
{
    public string? Reason { get; init; }

    /// <summary>Commands that wait in this process to be written.</summary>
    public int? WriterWaiting { get; init; }

    /// <summary>How many may wait; more are refused.</summary>
    public int? WriterRoom { get; init; }

    /// <summary>Of this system to the database, all processes together.</summary>
    public int? Connections { get; init; }

    /// <summary>Those that work at the moment.</summary>
    public int? ConnectionsActive { get; init; }

    /// <summary>What the server allows, to everybody.</summary>
    public int? ConnectionsMax { get; init; }
    public long? LastOpid { get; init; }

    /// <summary>Ops that Service Bus has not taken; null where no relay has run.</summary>
    public long? RelayBehind { get; init; }
    public double? RelayOldestSeconds { get; init; }
    public string? RelayFailure { get; init; }
}

/// <param name="Statuses">Tickets in the hot tier.</param>
/// <param name="ArchiveDue">Closed tickets whose time in the hot tier is over.</param>
/// <param name="ArchiveOldestSeconds">For how long the oldest of them has been due.</param>
public sealed record QueueOverview(string Queue, IReadOnlyList<string> Shards, IReadOnlyDictionary<string, long> Statuses, long ArchiveDue, double? ArchiveOldestSeconds);

/// <summary>What the cold tier has of a day of creation, in all queues.</summary>
public sealed record ColdDayOverview(DateOnly Day, long Tickets, long Bytes, int Parts);
