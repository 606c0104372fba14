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
        .AddActivity<TakeStep>()
        .AddActivity<TakeOverLife>()
        .AddActivity<OpenErrorTicket>()
        .AddOrchestrator<WebhookDelivery>()
        .AddActivity<PostWebhook>();

    [LoggerMessage(520, LogLevel.Warning, "The sweep repaired the lives of {Tickets} tickets of queue {Queue}; what they lacked: {Missed}")]
    public static partial void SweepRepaired(this ILogger log, int tickets, string queue, string missed);

    [LoggerMessage(523, LogLevel.Error, "No queue takes the ticket about ticket {TicketId}, which is stuck ({Why}): {Refusal}")]
    public static partial void NoErrorTicket(this ILogger log, long ticketId, string why, string refusal);

    [LoggerMessage(521, LogLevel.Information, "Swept shard {Shard} before its orchestrations go on: {Report}")]
    public static partial void SweptAtStart(this ILogger log, string shard, string report);

    [LoggerMessage(522, LogLevel.Warning, "Shard {Shard} could not be swept at start; the timer does it")]
    public static partial void SweepFailed(this ILogger log, string shard, Exception fault);
}
