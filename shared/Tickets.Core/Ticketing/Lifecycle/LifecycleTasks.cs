using Microsoft.Extensions.Logging;
using Tickets.Core.Notifications;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Ticketing.Lifecycle;

internal static partial class LifecycleTasks
{
    public static void Declare(DurableTaskRegistry tasks) => tasks
        .AddOrchestrator<TicketLifecycle>()
        .AddActivity<LookAtTicket>()
        .AddActivity<RemindGroup>()
        .AddActivity<TellCreator>()
        .AddActivity<SendTicketOn>()
        .AddActivity<TakeNumber>()
        .AddActivity<MakeErrorTicket>()
        .AddActivity<MakeChildTicket>()
        .AddActivity<AreClosed>()
        .AddOrchestrator<WebhookDelivery>()
        .AddActivity<PostWebhook>();

    [LoggerMessage(520, LogLevel.Warning, "The sweep found {Tickets} tickets without the orchestration that they should have, and started them")]
    public static partial void SweepRepaired(this ILogger log, int tickets);

    [LoggerMessage(521, LogLevel.Information, "Swept shard {Shard} before its orchestrations go on: {Report}")]
    public static partial void SweptAtStart(this ILogger log, string shard, string report);

    [LoggerMessage(522, LogLevel.Warning, "Shard {Shard} could not be swept at start; the timer does it")]
    public static partial void SweepFailed(this ILogger log, string shard, Exception fault);
}
