using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tickets.Core.Oplog;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Webhooks;
using Tickets.Core.Settings;

namespace Tickets.Core.Webhooks;

/// <summary>Keeps every webhook's deliveries going, on the shards that no other process is at.</summary>
internal sealed class WebhookDeliveries(
    SubscriptionStore store, ShardSet shards, OplogHeads heads, OplogTails tails, OplogCursors cursors, SettingsCache settings, WebhookSender sender, WebhookOptions options, TimeProvider clock, ILogger<WebhookDeliveries> logger)
    : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // Renewed by each webhook and shard every third of it: there may be many.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private readonly Dictionary<(string Follower, string Shard), (CancellationTokenSource Stop, Task Work)> _working = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await settings.Loaded.WaitAsync(stoppingToken);
        try
        {
            while (true)
            {
                await TryLookAsync(stoppingToken);
                await Task.Delay(Look, clock, stoppingToken);
            }
        }
        finally
        {
            foreach (var (stop, _) in _working.Values)
                await stop.CancelAsync();
            await Task.WhenAll(_working.Values.Select(work => work.Work));
        }
    }

    private async Task TryLookAsync(CancellationToken cancel)
    {
        try
        {
            var webhooks = (await store.AllAsync(cancel)).Where(webhook => webhook.Status == Subscription.Active).ToList();
            await StopWhatIsOverAsync([.. webhooks.Select(webhook => webhook.Follower)]);
            foreach (var webhook in webhooks)
            {
                foreach (var shard in shards.All.Where(shard => !_working.ContainsKey((webhook.Follower, shard.Name))))
                {
                    var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                    _working[(webhook.Follower, shard.Name)] = (stop, Task.Run(() => WorkAsync(webhook, shard, stop.Token), CancellationToken.None));
                }
            }
        }
        catch (Exception fault) when (!cancel.IsCancellationRequested)
        {
            logger.Stumbled(fault);
        }
    }

    private async Task StopWhatIsOverAsync(HashSet<string> followers)
    {
        foreach (var (key, (stop, work)) in _working.ToList())
        {
            if (followers.Contains(key.Follower) && !work.IsCompleted)
                continue;
            await stop.CancelAsync();
            await work;
            stop.Dispose();
            _working.Remove(key);
        }
    }

    /// <summary>Ends when another process has the work, or something fails: with the next look it is taken up again.</summary>
    private async Task WorkAsync(Subscription webhook, Shard shard, CancellationToken cancel)
    {
        FollowerLease? lease = null;
        try
        {
            await BeginAsync(webhook, shard, cancel);
            lease = await FollowerLease.TryTakeAsync(shard, webhook.Follower, Lease, clock, cancel);
            if (lease is not null)
                await new WebhookFollower(webhook, shard, heads[shard.Name], tails[shard.Name], sender, store, settings, options, clock, logger).RunAsync(lease, cancel);
        }
        catch (LeaseLostException fault)
        {
            logger.Passed(webhook.WebhookId, shard.Name, fault);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Stopped, or changed.
        }
        catch (Exception fault)
        {
            // Whatever it was: one webhook may not end the others' deliveries.
            logger.Stumbled(fault);
        }
        finally
        {
            if (lease is not null)
                await lease.ReleaseAsync();
        }
    }

    /// <summary>At the first sight of a run its place on the shard is made; what earlier runs left goes.</summary>
    private async Task BeginAsync(Subscription webhook, Shard shard, CancellationToken cancel)
    {
        await using (var exists = shard.Database.CreateCommand("select exists (select from oplog_followers where follower = $1)"))
        {
            exists.Parameters.Add(Sql.Value(webhook.Follower));
            if ((bool)(await exists.ExecuteScalarAsync(cancel))!)
                return;
        }

        var start = cursors.Read(webhook.StartCursor) is { } positions ? positions.GetValueOrDefault(shard.Name, OplogCursors.Beginning) : OplogCursors.Beginning;
        await FollowerLease.EnsureAsync(shard, webhook.Follower, await OplogPositions.ResolveAsync(shard, start, cancel), cancel);
        await using var forget = shard.Database.CreateCommand("delete from oplog_followers where follower <> $1 and starts_with(follower, $2)");
        forget.Parameters.Add(Sql.Value(webhook.Follower));
        forget.Parameters.Add(Sql.Value(Subscription.FollowerOf(webhook.WebhookId)));
        await forget.ExecuteNonQueryAsync(cancel);
    }
}
