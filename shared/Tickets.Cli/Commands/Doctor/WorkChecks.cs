using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Cli;

/// <summary>Whether the work that nobody waits for gets done: orchestrations, deliveries, operations.</summary>
internal static class WorkChecks
{
    private const double LateSeconds = 60;
    private const long FarBehind = 10_000;

    public static async Task LookAsync(TicketsClient client, List<Diagnosis> found, CancellationToken cancel)
    {
        foreach (var look in new[] { OrchestrationsAsync, WebhooksAsync, OperationsAsync, (Func<TicketsClient, List<Diagnosis>, CancellationToken, Task>)MetricsAsync })
        {
            try
            {
                await look(client, found, cancel);
            }
            catch (TicketsProblemException fault) when (fault.Status == 403)
            {
                found.Add(Diagnosis.Skipped("work", fault.Problem.Detail ?? "The key does not reach it."));
            }
            catch (TicketsException fault)
            {
                found.Add(Diagnosis.Fault("work", fault.Message, "See the service's log under the trace."));
            }
        }
    }

    private static async Task OrchestrationsAsync(TicketsClient client, List<Diagnosis> found, CancellationToken cancel)
    {
        var health = await client.GetOrchestrationHealthAsync(cancel);
        foreach (var hub in health.Hubs)
        {
            var check = $"orchestrations {hub.Hub}";
            if (hub.Parked > 0)
                found.Add(Diagnosis.Fault(check, $"{hub.Parked} parked", $"See why: tickets orchestration list --hub {hub.Hub} --status parked; after the fix: tickets orchestration resume"));
            else if (hub.OldestDueSeconds > LateSeconds)
                found.Add(Diagnosis.Fault(check, $"{hub.Due} due, the oldest for {hub.OldestDueSeconds:0} s", "Nobody takes them up: is a process with Orchestration:AlwaysOn running, or the timer PumpOrchestrations?"));
            else if (hub.FailedLastDay > 0)
                found.Add(Diagnosis.Warning(check, $"{hub.FailedLastDay} failed within a day", $"tickets orchestration list --hub {hub.Hub} --status failed"));
            else
                found.Add(Diagnosis.Ok(check, $"{hub.Unended} open, {hub.Due} due"));
        }

        foreach (var hub in health.Hubs.Select(hub => hub.Hub).Except(health.Workers.Where(worker => worker.Status == "ok").Select(worker => worker.Hub)))
            found.Add(Diagnosis.Warning($"workers {hub}", "none has been heard of for a minute", "Reminders and timeouts of this shard's tickets wait until a process works there."));
    }

    private static async Task WebhooksAsync(TicketsClient client, List<Diagnosis> found, CancellationToken cancel)
    {
        var webhooks = await client.ListWebhooksAsync(cancel);
        var well = 0;
        foreach (var webhook in webhooks)
        {
            var (check, shards) = ($"webhook {webhook.WebhookId}", (await client.GetWebhookAsync(webhook.WebhookId, cancel)).Shards ?? []);
            var (behind, failing) = (shards.Sum(shard => shard.Behind), shards.FirstOrDefault(shard => shard.Failure is not null));
            if (webhook.Status == "gone")
                found.Add(Diagnosis.Fault(check, $"{webhook.Url} has answered 410 and gets nothing more", $"tickets webhook resume {webhook.WebhookId}, or remove it"));
            else if (failing is not null)
                found.Add(Diagnosis.Fault(check, $"{webhook.Url} fails: {failing.Failure} ({failing.Attempts} attempts)", "Mend the receiver; deliveries go on by themselves."));
            else if (behind > FarBehind)
                found.Add(Diagnosis.Warning(check, $"{behind} ops behind{(webhook.Status == "paused" ? ", paused" : "")}", "Ops older than Oplog:Retention are dropped, sent or not."));
            else
                well++;
            if (await client.ListDeadDeliveriesAsync(webhook.WebhookId, cancel) is { Count: > 0 and var dead })
                found.Add(Diagnosis.Warning(check, $"{dead} deliveries were given up", $"tickets webhook dead {webhook.WebhookId}; to send again: tickets webhook replay"));
        }

        if (well == webhooks.Count) found.Add(Diagnosis.Ok("webhooks", $"{webhooks.Count}"));
    }

    private static async Task OperationsAsync(TicketsClient client, List<Diagnosis> found, CancellationToken cancel)
    {
        var (failed, since) = (new List<Operation>(), DateTimeOffset.UtcNow.AddDays(-1));
        await foreach (var operation in client.ListOperationsAsync("failed", cancel))
        {
            if (operation.CreatedAt < since) break;
            failed.Add(operation);
        }

        found.Add(failed.Count == 0
            ? Diagnosis.Ok("operations", "none failed within a day")
            : Diagnosis.Warning("operations", $"{failed.Count} failed within a day, the last one with {failed[0].Error?.Code}", $"tickets operation get {failed[0].Id}"));
    }

    private static async Task MetricsAsync(TicketsClient client, List<Diagnosis> found, CancellationToken cancel)
    {
        var metrics = new Scrape(await client.GetMetricsAsync(cancel));
        foreach (var (name, most, what, advice) in new[]
        {
            ("tickets_relay_blocked", 0.0, "a relay stands still at an op that Service Bus refuses", "Log event 704 tells why."),
            ("tickets_relay_lost_total", 0, "ops were dropped before they were published", "Subscribers must read the tickets anew; see log event 706."),
            ("tickets_cold_damaged_parts_total", 0, "parts of the cold tier are damaged or missing", "tickets cold rebuild-index checks them all; restore them from a backup."),
            ("tickets_relay_lag", FarBehind, "the relay to Service Bus is behind", "Is the namespace throttling? Log event 703."),
            ("tickets_archive_backlog", 9_999, "closed tickets stay in the hot tier past their time", "Is ArchiveClosedTickets running? tickets upkeep archive runs it now."),
        })
        {
            if (metrics.Largest(name) is { } value && value > most) found.Add(Diagnosis.Fault(name, $"{what} ({value:0})", advice));
        }

        found.Add(Diagnosis.Ok("metrics", $"{metrics.Series} series"));
    }
}
