using Microsoft.Extensions.Logging;
using Tickets.Contracts;
using Tickets.Core.Oplog;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Webhooks;
using Tickets.Core.Settings;

namespace Tickets.Core.Webhooks;

/// <summary>
/// Delivers one shard's ops to one webhook, in order and one delivery at a time. Where a delivery ends is noted before it is tried, so
/// it is the same each time, by whichever process; what it was answered is noted before the next.
/// </summary>
internal sealed class WebhookFollower(
    Subscription webhook, Shard shard, OplogHead head, OplogTail tail, WebhookSender sender, SubscriptionStore store, SettingsCache settings, WebhookOptions options, TimeProvider clock, ILogger logger)
{
    private const int Page = 500;
    private const long Window = 20_000;
    private const int LongestDiff = 128 * 1024;

    // A few deliveries' worth: there may be a hundred webhooks.
    private const long PageBytes = 1 << 20;

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    // Passing over what is not wanted need not be noted each time: it is passed over again.
    private const long NotedEvery = 1000;

    private readonly int[] _only = webhook.Queue is { } queue && settings.Current.Queues.TryGetValue(queue, out var known) ? [known.QueueId] : [];

    /// <summary>Works until it is cancelled, the webhook is gone, or another process has the work.</summary>
    public async Task RunAsync(FollowerLease lease, CancellationToken cancel)
    {
        var position = lease.Opid;
        var readAt = clock.GetTimestamp();
        OplogStretch? rest = null;
        while (true)
        {
            await RestUntilAsync(lease, lease.NextAt, cancel);
            if (rest is null)
            {
                readAt = clock.GetTimestamp();
                // What was tried and not taken is read anew: something in it may have been erased.
                rest = await tail.ReadAsync(position, Page, Window, _only, LongestDiff, PageBytes, anew: lease.SendingTo is not null, cancel);
            }

            var stretch = rest;
            rest = null;
            if (stretch.Trimmed)
            {
                await PassOverAsync(lease, stretch, cancel);
                position = lease.Opid;
                continue;
            }

            if (stretch.Ops.Any(op => !settings.Current.QueuesById.ContainsKey(op.QueueId)))
                await settings.RefreshAsync(cancel);
            var batch = WebhookBatch.Of(stretch, lease.SendingTo, webhook, settings.Current);
            if (!batch.Body.IsEmpty)
            {
                if (!await DeliverAsync(lease, position, batch, cancel))
                    return;
                // What did not go into this delivery is at hand for the next.
                rest = lease.SendingTo is null && clock.GetElapsedTime(readAt) < OplogTail.Fresh ? stretch.After(lease.Opid) : null;
                position = lease.Opid;
                continue;
            }

            position = batch.ReadTo;
            if (position - lease.Opid >= NotedEvery)
                await lease.AdvanceAsync(position, cancel);
            if (position < stretch.Head)
                continue;
            await lease.KeepAsync(cancel);
            await head.WaitAsync(position, lease.Beat, cancel);
            await Task.Delay(Between, clock, cancel);
        }
    }

    /// <returns>False when the webhook is gone.</returns>
    private async Task<bool> DeliverAsync(FollowerLease lease, long position, WebhookBatch batch, CancellationToken cancel)
    {
        if (lease.SendingTo is null)
            await lease.BeginAsync(position, batch.ReadTo, cancel);
        var id = webhook.DeliveryId(shard.Name, batch.FirstOpid, batch.LastOpid);
        // A receiver may take longer than the lease lasts.
        var attempt = await lease.KeepWhileAsync(end => sender.SendAsync(new WebhookDelivery(webhook.Url, webhook.Secret, id, OpJson.EventBatchType, batch.Body), end), cancel);
        WebhookMetrics.Attempts.Add(1, new KeyValuePair<string, object?>("outcome", attempt.IsDelivered ? "delivered" : "failed"));
        if (attempt.IsDelivered)
        {
            await lease.AdvanceAsync(batch.ReadTo, cancel);
            return true;
        }

        if (attempt.IsGone)
        {
            logger.Gone(webhook.WebhookId);
            await store.SetStatusAsync(webhook.WebhookId, Subscription.Gone, cancel);
            return false;
        }

        await FailedAsync(lease, batch, id, attempt, cancel);
        return true;
    }

    private async Task FailedAsync(FollowerLease lease, WebhookBatch batch, string id, WebhookAttempt attempt, CancellationToken cancel)
    {
        var failed = lease.Attempts + 1;
        var chance = (uint)HashCode.Combine(id, failed) / (double)uint.MaxValue;
        if (options.Backoff.After(failed, attempt.RetryAfter, chance) is { } pause)
        {
            var next = clock.GetUtcNow() + pause;
            logger.NotTaken(webhook.WebhookId, id, attempt.Reason!, failed, next);
            await lease.FailAsync(attempt.Reason!, next, refused: null, cancel);
            return;
        }

        logger.GivenUp(webhook.WebhookId, id, attempt.Reason!);
        WebhookMetrics.Dead.Add(1);
        await DeadDeliveries.AddAsync(shard, webhook, new DeadDelivery(id, shard.Name, batch.FirstOpid, batch.LastOpid, failed, attempt.Reason!, clock.GetUtcNow()), cancel);
        await lease.AdvanceAsync(batch.ReadTo, cancel);
    }

    /// <summary>The log was trimmed past it: what it did not get in time is listed as given up.</summary>
    private async Task PassOverAsync(FollowerLease lease, OplogStretch stretch, CancellationToken cancel)
    {
        var (first, last) = (lease.Opid + 1, stretch.Oldest - 1);
        var id = webhook.DeliveryId(shard.Name, first, last);
        logger.GivenUp(webhook.WebhookId, id, "trimmed");
        await DeadDeliveries.AddAsync(shard, webhook, new DeadDelivery(id, shard.Name, first, last, lease.Attempts, "the change log was trimmed before it was delivered", clock.GetUtcNow()), cancel);
        await lease.AdvanceAsync(last, cancel);
    }

    private async Task RestUntilAsync(FollowerLease lease, DateTimeOffset? next, CancellationToken cancel)
    {
        while (next - clock.GetUtcNow() is { } left && left > TimeSpan.Zero)
        {
            await lease.KeepAsync(cancel);
            await Task.Delay(left < lease.Beat ? left : lease.Beat, clock, cancel);
        }

        await lease.KeepAsync(cancel);
    }
}
