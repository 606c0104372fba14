namespace Tickets.Contracts;

/// <summary>The change log, sent to a URL.</summary>
public sealed record Webhook
{
    public required string WebhookId { get; init; }
    public required string Url { get; init; }

    /// <summary>Only this queue's ops; null: of every queue that the key of its maker reaches.</summary>
    public string? Queue { get; init; }

    /// <summary>Only ops of these kinds; empty: all.</summary>
    public required IReadOnlyList<string> Kinds { get; init; }
    public string? Description { get; init; }

    /// <summary><c>active</c>, <c>paused</c> or <c>gone</c> (the receiver has answered 410).</summary>
    public required string Status { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What deliveries are signed with (Standard Webhooks); told once, when the webhook is made.</summary>
    public string? Secret { get; init; }

    /// <summary>How far it has come, a shard each; only when one webhook is asked for.</summary>
    public IReadOnlyList<WebhookProgress>? Shards { get; init; }
}

/// <param name="Opid">The last op that was delivered, passed over or given up.</param>
/// <param name="Behind">Ops after it.</param>
/// <param name="Attempts">Failed attempts of the delivery that is under way.</param>
public sealed record WebhookProgress(string Shard, long Opid, long Behind, int Attempts, string? Failure, DateTimeOffset? NextAttemptAt);

public sealed record WebhookList(IReadOnlyList<Webhook> Webhooks);

/// <summary>A delivery that was given up.</summary>
public sealed record DeadDelivery(string DeliveryId, string Shard, long FirstOpid, long LastOpid, int Attempts, string Failure, DateTimeOffset DiedAt);

public sealed record DeadDeliveryList(IReadOnlyList<DeadDelivery> DeadDeliveries);
