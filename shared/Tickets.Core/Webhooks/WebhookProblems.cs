using Tickets.Contracts;
using Tickets.Core.Platform;

namespace Tickets.Core.Webhooks;

internal static class WebhookProblems
{
    public static Problem NotFound(string webhookId) => Problems.NotFound($"There is no webhook '{webhookId}' in the queues that the key reaches.");

    public static Problem TooMany(int most) => new()
    {
        Status = 409,
        Code = ProblemCodes.InUse,
        Title = "There are too many webhooks",
        Detail = $"There are {most} webhooks already; take one away first, or follow the change log over Service Bus, which has no such limit.",
    };
}
