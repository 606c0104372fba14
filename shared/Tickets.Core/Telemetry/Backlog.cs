namespace Tickets.Core.Telemetry;

/// <summary>What waits in the databases, at one time.</summary>
internal sealed record Backlog(IReadOnlyList<ShardBacklog> Shards, IReadOnlyList<QueueTickets> Queues, IReadOnlyList<QueueBacklog> Archive)
{
    public static Backlog Unknown { get; } = new([], [], []);
}

internal sealed record ShardBacklog(string Shard, long Head, IReadOnlyList<FollowerLag> Followers);

/// <summary>Ops of a shard that somebody, the relay or a webhook, has not passed on yet.</summary>
internal sealed record FollowerLag(string Name, long Lag);

internal sealed record QueueTickets(string Queue, string Status, long Tickets);

/// <summary>Closed tickets of a queue whose time in the hot tier is over.</summary>
internal sealed record QueueBacklog(string Queue, long Tickets);
