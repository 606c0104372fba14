using Tickets.Client.Transport;
using Tickets.Contracts;

namespace Tickets.Client;

public sealed partial class TicketsClient
{
    public async Task<IReadOnlyList<Webhook>> ListWebhooksAsync(CancellationToken cancel = default) =>
        (await AskAsync(Get("/webhooks"), TicketsJson.Default.WebhookList, cancel)).Webhooks;

    /// <summary>Has the change log sent to a URL. The answer is the only one that has <see cref="Webhook.Secret"/>.</summary>
    /// <remarks>Not repeated after a lost answer: there may be a webhook then whose secret nobody knows. Remove it.</remarks>
    public Task<Webhook> CreateWebhookAsync(CreateWebhookRequest request, CancellationToken cancel = default) =>
        AskAsync(Post("/webhooks", request, TicketsJson.Default.CreateWebhookRequest), TicketsJson.Default.Webhook, cancel);

    /// <summary>One webhook, with how far it has come on each shard.</summary>
    public Task<Webhook> GetWebhookAsync(string webhookId, CancellationToken cancel = default) =>
        AskAsync(Get(WebhookRoute(webhookId)), TicketsJson.Default.Webhook, cancel);

    /// <summary>Holds deliveries back, or lets them go on from where they were.</summary>
    public Task<Webhook> SetWebhookPausedAsync(string webhookId, bool paused, CancellationToken cancel = default)
    {
        var change = Send(HttpMethod.Patch, WebhookRoute(webhookId), new ChangeWebhookRequest(paused ? "paused" : "active"), TicketsJson.Default.ChangeWebhookRequest);
        return AskAsync(change with { SafeToRepeat = true }, TicketsJson.Default.Webhook, cancel);
    }

    /// <summary>Begins again at a cursor of the change log: what came after it is delivered once more.</summary>
    public Task<Webhook> ReplayWebhookAsync(string webhookId, string cursor, CancellationToken cancel = default)
    {
        var replay = Post(WebhookRoute(webhookId, "/replay"), new ReplayWebhookRequest(cursor), TicketsJson.Default.ReplayWebhookRequest);
        return AskAsync(replay with { SafeToRepeat = true }, TicketsJson.Default.Webhook, cancel);
    }

    /// <summary>Deliveries that were given up.</summary>
    public async Task<IReadOnlyList<DeadDelivery>> ListDeadDeliveriesAsync(string webhookId, CancellationToken cancel = default) =>
        (await AskAsync(Get(WebhookRoute(webhookId, "/dead")), TicketsJson.Default.DeadDeliveryList, cancel)).DeadDeliveries;

    /// <summary>Returns when there is no webhook of this id, also when there was none.</summary>
    public async Task RemoveWebhookAsync(string webhookId, CancellationToken cancel = default)
    {
        var response = await _transport.SendAsync(new TicketsRequest(HttpMethod.Delete, WebhookRoute(webhookId)) { SafeToRepeat = true }, cancel);
        // A repetition after a lost answer finds nothing to remove.
        if (!response.IsSuccess && response is not { Status: 404 }) throw new TicketsProblemException(response);
    }

    private static string WebhookRoute(string webhookId, string rest = "") => "/webhooks/" + Uri.EscapeDataString(webhookId) + rest;
}
