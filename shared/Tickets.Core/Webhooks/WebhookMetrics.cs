using System.Diagnostics.Metrics;

namespace Tickets.Core.Webhooks;

internal static class WebhookMetrics
{
    private static readonly Meter Meter = new("Tickets");

    public static readonly Counter<long> Attempts = Meter.CreateCounter<long>("tickets.webhooks.attempts", "{attempt}", "Attempts to deliver, by outcome.");

    public static readonly Counter<long> Dead = Meter.CreateCounter<long>("tickets.webhooks.dead", "{delivery}", "Deliveries that were given up.");
}
