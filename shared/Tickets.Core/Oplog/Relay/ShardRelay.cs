using Microsoft.Extensions.Logging;
using Tickets.Core.Platform;
using Tickets.Core.Platform.ServiceBus;
using Tickets.Core.Settings;

namespace Tickets.Core.Oplog.Relay;

/// <summary>
/// Publishes one shard's ops in order: a batch, its checkpoint, the next batch. One request is under way at a time, and only while the
/// lease is renewed. A holder that was stopped in a request and goes on later does no harm: its successor sends the
/// same ops with the same message ids in the same order, and the topic drops whichever comes second.
/// </summary>
internal sealed class ShardRelay(Shard shard, ServiceBusSender sender, RelayOptions options, OplogHead head, OplogTail tail, SettingsCache settings, TimeProvider clock, ILogger logger)
{
    public const string Follower = "service-bus";

    private const int Page = 500;

    // With everything around it below what one message may have; a longer one is published by reference and need not be fetched.
    private const int LongestDiff = 150_000;

    private static readonly TimeSpan Standby = TimeSpan.FromSeconds(1);

    // A request costs both sides, and its checkpoint the database, many times what an op does. While changes come one after the other, those of so long go together.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(40);

    /// <summary>Follows the log until it is cancelled; stands by while another process does.</summary>
    public async Task FollowAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await TryRunAsync(drain: false, cancel);
            }
            catch (Exception fault) when (!cancel.IsCancellationRequested)
            {
                // Whatever it was: one shard's relay may not end for good, nor take the process along.
                logger.RelayStumbled(shard.Name, fault);
            }

            await Task.Delay(Standby, clock, cancel);
        }
    }

    /// <summary>Publishes what is there now, unless another process is at it.</summary>
    /// <returns>How many ops were published.</returns>
    public Task<long> DrainAsync(CancellationToken cancel) => TryRunAsync(drain: true, cancel);

    private async Task<long> TryRunAsync(bool drain, CancellationToken cancel)
    {
        FollowerLease? lease = null;
        long from = 0;
        try
        {
            // From the oldest op that is kept: whatever happened before the first start is published too.
            await FollowerLease.EnsureAsync(shard, Follower, 0, cancel);
            lease = await FollowerLease.TryTakeAsync(shard, Follower, options.Lease, clock, cancel);
            if (lease is null)
                return 0;
            from = lease.Opid;
            if (!drain)
                logger.RelayBegins(shard.Name, from);
            await RunAsync(lease, drain, cancel);
        }
        catch (LeaseLostException fault)
        {
            logger.RelayLost(shard.Name, fault);
        }
        catch (Exception fault) when (ConnectionLoss.Is(fault))
        {
            logger.RelayStumbled(shard.Name, fault);
        }
        finally
        {
            RelayMetrics.Forget(shard.Name);
            if (lease is not null)
                await lease.ReleaseAsync();
        }

        return lease is null ? 0 : lease.Opid - from;
    }

    private async Task RunAsync(FollowerLease lease, bool drain, CancellationToken cancel)
    {
        var reading = ReadAsync(lease.Opid, cancel);
        while (true)
        {
            var stretch = await reading;
            if (stretch.Trimmed)
            {
                await PassOverAsync(lease, stretch, cancel);
                reading = ReadAsync(lease.Opid, cancel);
                continue;
            }

            RelayMetrics.Tell(shard.Name, stretch.Head - lease.Opid, blocked: false);
            if (stretch.Ops.Count > 0)
            {
                if (stretch.ReadTo < stretch.Head)
                {
                    // The next page is read while this one is sent.
                    reading = ReadAsync(stretch.ReadTo, cancel);
                    await using var settled = new Settled(reading);
                    await PublishAsync(lease, stretch.Ops, cancel);
                    continue;
                }

                var begun = clock.GetTimestamp();
                await PublishAsync(lease, stretch.Ops, cancel);
                if (!drain && Gathering - clock.GetElapsedTime(begun) is { Ticks: > 0 } left)
                    await Task.Delay(left, clock, cancel);
                reading = ReadAsync(lease.Opid, cancel);
                continue;
            }

            if (drain)
                return;
            await lease.KeepAsync(cancel);
            await head.WaitAsync(lease.Opid, lease.Beat, cancel);
            reading = ReadAsync(lease.Opid, cancel);
        }
    }

    private Task<OplogStretch> ReadAsync(long after, CancellationToken cancel) => tail.ReadAsync(after, Page, Page, only: [], LongestDiff, OplogRows.PageBytes, anew: false, cancel);

    private async Task PassOverAsync(FollowerLease lease, OplogStretch stretch, CancellationToken cancel)
    {
        // At the very first start there may be nothing older to publish; later it is a loss.
        if (lease.Opid > 0)
        {
            logger.OpsLost(shard.Name, lease.Opid + 1, stretch.Oldest - 1);
            RelayMetrics.Lost.Add(stretch.Oldest - 1 - lease.Opid);
        }

        await lease.AdvanceAsync(stretch.Oldest - 1, cancel);
    }

    private async Task PublishAsync(FollowerLease lease, IReadOnlyList<OplogOp> ops, CancellationToken cancel)
    {
        for (var next = 0; next < ops.Count;)
        {
            using var batch = await sender.CreateMessageBatchAsync(new CreateMessageBatchOptions { MaxSizeInBytes = options.MaxBatchBytes }, cancel);
            var first = next;
            while (next < ops.Count && batch.TryAddMessage(await MessageAsync(ops[next], byReference: ops[next].Diff is null, cancel)))
                next++;
            if (next == first)
                await PublishByReferenceAsync(lease, ops[next++], null, cancel);
            else
                await SendAsync(lease, [.. ops.Skip(first).Take(next - first)], batch, cancel);
        }
    }

    /// <summary>Sends a batch until it is taken, or takes it apart where that may help.</summary>
    private async Task SendAsync(FollowerLease lease, OplogOp[] ops, ServiceBusMessageBatch batch, CancellationToken cancel)
    {
        var byReference = ops.Length == 1 && ops[0].Diff is null;
        for (var failed = 1; ; failed++)
        {
            Exception refusal;
            try
            {
                await lease.KeepWhileAsync(end => SendOnceAsync(batch, end), cancel);
                await lease.AdvanceAsync(ops[^1].Opid, cancel);
                RelayMetrics.Published.Add(ops.Length);
                return;
            }
            catch (Exception fault) when (fault is ServiceBusException or UnauthorizedAccessException)
            {
                refusal = fault;
            }

            var meaning = RelayRefusal.Of(refusal);
            RelayMetrics.Failures.Add(1, new KeyValuePair<string, object?>("reason", meaning.Name));
            if (meaning.IsOfContent && ops.Length > 1)
            {
                // Which of them it is only the service can tell.
                foreach (var half in new[] { ops[..(ops.Length / 2)], ops[(ops.Length / 2)..] })
                    await PublishAsync(lease, half, cancel);
                return;
            }

            if (meaning.IsOfContent && !byReference)
            {
                await PublishByReferenceAsync(lease, ops[0], refusal, cancel);
                return;
            }

            await PauseAsync(lease, ops, meaning, refusal, failed, cancel);
        }
    }

    private async Task<bool> SendOnceAsync(ServiceBusMessageBatch batch, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(options.SendLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            await sender.SendMessagesAsync(batch, either.Token);
            return true;
        }
        catch (OperationCanceledException fault) when (!cancel.IsCancellationRequested)
        {
            throw new ServiceBusException($"Service Bus did not answer within {options.SendLimit.TotalSeconds:0} s.", ServiceBusFailureReason.ServiceCommunicationProblem, isTransient: true, fault);
        }
    }

    private async Task PublishByReferenceAsync(FollowerLease lease, OplogOp op, Exception? refusal, CancellationToken cancel)
    {
        logger.OpByReference(shard.Name, op.Opid, refusal);
        RelayMetrics.ByReference.Add(1);
        using var batch = await sender.CreateMessageBatchAsync(cancel);
        batch.TryAddMessage(await MessageAsync(op, byReference: true, cancel));
        await SendAsync(lease, [op with { Diff = null }], batch, cancel);
    }

    private async Task PauseAsync(FollowerLease lease, OplogOp[] ops, RelayRefusal meaning, Exception refusal, int failed, CancellationToken cancel)
    {
        var pause = options.Pauses.After(failed, meaning);
        RelayMetrics.Tell(shard.Name, (head.Newest ?? lease.Opid) - lease.Opid, blocked: meaning.IsOfContent);
        if (meaning.IsOfContent)
            logger.OpRefused(shard.Name, ops[0].Opid, pause, refusal);
        else
            logger.PublishFailed(shard.Name, ops[0].Opid, ops[^1].Opid, pause, refusal);
        await lease.FailAsync($"{meaning.Name} from op {ops[0].Opid} on", null, meaning.IsOfContent ? ops[0].Opid : null, cancel);
        // An operator who skips the op takes the lease: that is noticed within a beat.
        for (var left = pause; left > TimeSpan.Zero; left -= lease.Beat)
        {
            await lease.KeepAsync(cancel);
            await Task.Delay(left < lease.Beat ? left : lease.Beat, clock, cancel);
        }
    }

    private async ValueTask<ServiceBusMessage> MessageAsync(OplogOp op, bool byReference, CancellationToken cancel)
    {
        var queue = await settings.FindQueueAsync(op.QueueId, cancel);
        return RelayMessages.Of(op, queue?.Name ?? $"#{op.QueueId}", options.SessionsPerShard, byReference);
    }

    /// <summary>A read that nobody waits for any more must not fail unseen, nor outlive its connection.</summary>
    private sealed class Settled(Task reading) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
