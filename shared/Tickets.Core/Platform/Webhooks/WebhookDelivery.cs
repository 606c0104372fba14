namespace Tickets.Core.Platform.Webhooks;

/// <summary>One HTTP delivery.</summary>
/// <param name="Id">The same at every attempt, so that the receiver can tell a repetition; sent as <c>webhook-id</c>.</param>
/// <param name="ContentType">Of <paramref name="Body"/>.</param>
public sealed record WebhookDelivery(Uri Url, WebhookSecret Secret, string Id, string ContentType, ReadOnlyMemory<byte> Body);

/// <summary>What became of one attempt.</summary>
/// <param name="Status">The receiver's; null when it did not answer.</param>
/// <param name="Reason">Why it is not delivered, in a few words; null when it is.</param>
/// <param name="RetryAfter">How long the receiver asked to be left alone.</param>
public sealed record WebhookAttempt(int? Status, string? Reason, TimeSpan? RetryAfter)
{
    /// <summary>Any 2xx: the receiver has taken it.</summary>
    public bool IsDelivered => Reason is null;

    /// <summary>410: the receiver wants no more of them, ever.</summary>
    public bool IsGone => Status == 410;
}
