namespace Tickets.Core.Archive;

/// <summary>What the archiver needs to know of a queue.</summary>
/// <param name="HotRetention">How long a ticket stays hot after it was closed.</param>
/// <param name="Shards">The hot shards that have tickets of the queue.</param>
/// <param name="Fields">The indexed fields of the queue's workflow: text or int64, and the slot (1 to 5) of that type that holds them.</param>
/// <param name="IsDeleted">Its tickets are deleted when their time in the hot tier is over, not archived.</param>
public sealed record ColdQueue(
    int QueueId, string Name, TimeSpan HotRetention, IReadOnlyList<string> Shards, IReadOnlyDictionary<string, (bool IsText, int Slot)> Fields,
    bool IsDeleted = false)
{
    /// <summary>Tickets closed before this are due; a retention longer than time itself keeps them all.</summary>
    public DateTime ClosedBefore(DateTimeOffset now) => now.UtcTicks > HotRetention.Ticks ? now.UtcDateTime - HotRetention : DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);
}
