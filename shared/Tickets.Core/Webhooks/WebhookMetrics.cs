using System.Diagnostics.Metrics;
using Tickets.Core.Platform;

namespace Tickets.Core.Webhooks;

internal static class WebhookMetrics
{
    private static readonly Meter Meter = new("Tickets");

    public static readonly Counter<long> Attempts = Meter.CreateCounter<long>("tickets.webhooks.attempts", "{attempt}", "Attempts to deliver, by outcome.");

    public static readonly Tally Dead = new(Meter, "tickets.webhooks.dead", "{delivery}", "Deliveries that were given up.");
}
