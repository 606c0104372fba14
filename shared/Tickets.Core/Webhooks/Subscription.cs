using Tickets.Core.Access;
using Tickets.Core.Oplog;
using Tickets.Core.Platform.Webhooks;
using Tickets.Core.Settings;

namespace Tickets.Core.Webhooks;

/// <summary>A webhook as it works.</summary>
/// <param name="Run">Grows with each replay; deliveries of an earlier run are over.</param>
internal sealed record Subscription(
    string WebhookId, Uri Url, WebhookSecret Secret, string? Queue, IReadOnlyList<string> Kinds, IReadOnlyList<string> QueuePrefixes, string? Description, string Status, int Run, string StartCursor, DateTimeOffset CreatedAt)
{
    public const string Active = "active";
    public const string Paused = "paused";
    public const string Gone = "gone";

    /// <summary>The name under which its progress is noted on the shards.</summary>
    public string Follower => $"{FollowerOf(WebhookId)}{Run}";

    public static string FollowerOf(string webhookId) => $"webhook/{webhookId}/";

    /// <summary>The same whenever it is tried.</summary>
    public string DeliveryId(string shard, long firstOpid, long lastOpid) => $"{WebhookId}-{Run}-{shard}-{firstOpid}-{lastOpid}";

    public bool IsVisibleTo(Caller caller) => Queue is { } queue ? caller.Reaches(queue) : caller.ReachesAll || QueuePrefixes.All(prefix => prefix.Length > 0 && caller.Reaches(prefix));

    public bool Wants(OplogOp op, SettingsSnapshot settings) =>
        (Kinds.Count == 0 || Kinds.Contains(op.Kind))
        && settings.QueuesById.TryGetValue(op.QueueId, out var queue)
        && (Queue is null || queue.Name == Queue)
        && new Caller("", Role.Reader, QueuePrefixes).Reaches(queue.Name);
}
