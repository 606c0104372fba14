namespace Tickets.Chaos.Scale;

/// <summary>What the sizes are computed from. Each has its source: a figure that a command of this repository prints, or a price or limit of Azure's, which is an example to be replaced.</summary>
internal static class Measured
{
    /// <summary>Writes a second on one shard and one process, on two cores shared with PostgreSQL and the generator: creates with a lifetime (docs/performance.md, Durable orchestrations).</summary>
    public const double WritesPerShard = 6_970;

    /// <summary>Of that, what a shard is planned for: at half of its peak creates take 19 ms at the 99th percentile (docs/performance.md).</summary>
    public const double PlannedShare = 0.5;

    /// <summary>Processor time of the app for a create at peak, and twice that where the processor is not busy (docs/performance.md, Threads that sleep).</summary>
    public const double AppMicroseconds = 104;

    /// <summary>Of a ticket in the cold tier (docs/storage-lifecycle.md).</summary>
    public const double ColdBytes = 61.4;

    /// <summary>Of a ticket in the hot tier with its meta, keys and indexes, and of an op of the change log (planned with; <c>chaos soak</c> prints what they are: hot_bytes_per_ticket, log_bytes_per_op).</summary>
    public const double HotBytes = 1_000;

    public const double OpBytes = 400;

    /// <summary>Connections of a process to each database in the Azure files (docs/deploy.md).</summary>
    public const double ConnectionsPerProcess = 6;
}
