using System.Runtime.CompilerServices;
using Tickets.Client.Transport;
using Tickets.Contracts;

namespace Tickets.Client;

public sealed partial class TicketsClient
{
    /// <summary>The hub for work that belongs to no shard.</summary>
    public const string SettingsHub = "settings";

    /// <summary>Orchestrations of a hub, page by page.</summary>
    /// <param name="filter">What to look for.</param>
    /// <param name="hub">A shard's name, or <see cref="SettingsHub"/>.</param>
    /// <param name="cancel">Stops.</param>
    public async IAsyncEnumerable<OrchestrationSummary> ListOrchestrationsAsync(OrchestrationFilter filter, string hub = SettingsHub, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        string? cursor = null;
        do
        {
            var route = Route.To("/orchestrations",
                ("hub", hub), ("name", filter.Name), ("status", Route.Join(filter.Statuses)), ("prefix", filter.InstanceIdPrefix), ("limit", "1000"), ("cursor", cursor));
            var page = await AskAsync(Get(route), TicketsJson.Default.OrchestrationList, cancel);
            foreach (var orchestration in page.Orchestrations) yield return orchestration;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    /// <summary>One orchestration with its input, output and history.</summary>
    /// <exception cref="TicketsProblemException">404 when the hub has none of this id.</exception>
    public Task<OrchestrationSummary> GetOrchestrationAsync(string instanceId, string hub = SettingsHub, CancellationToken cancel = default) =>
        AskAsync(Get(Route.To("/orchestrations", ("hub", hub), ("instance_id", instanceId))), TicketsJson.Default.OrchestrationSummary, cancel);

    /// <summary>What waits in each hub, and who works on it.</summary>
    public Task<OrchestrationHealth> GetOrchestrationHealthAsync(CancellationToken cancel = default) =>
        AskAsync(Get("/orchestrations/health"), TicketsJson.Default.OrchestrationHealth, cancel);

    /// <summary>Ends an orchestration and those that it started.</summary>
    /// <returns>False when it had ended already.</returns>
    public Task<bool> TerminateOrchestrationAsync(string instanceId, string hub = SettingsHub, CancellationToken cancel = default) => ActAsync("terminate", instanceId, hub, cancel);

    /// <summary>Lets a suspended or parked orchestration go on.</summary>
    /// <returns>False when it was neither.</returns>
    public Task<bool> ResumeOrchestrationAsync(string instanceId, string hub = SettingsHub, CancellationToken cancel = default) => ActAsync("resume", instanceId, hub, cancel);

    /// <summary>Takes a failed orchestration back to before its failed steps and runs them again.</summary>
    /// <exception cref="TicketsProblemException">409 <c>orchestration_state</c>: it has not failed.</exception>
    public Task RewindOrchestrationAsync(string instanceId, string hub = SettingsHub, CancellationToken cancel = default) => ActAsync("rewind", instanceId, hub, cancel);

    /// <summary>Compares the tickets that should have an orchestration with those that have one, and mends the difference.</summary>
    public Task<SweepReport> SweepLifecyclesAsync(CancellationToken cancel = default) =>
        AskAsync(new TicketsRequest(HttpMethod.Post, "/lifecycles/sweep") { SafeToRepeat = true }, TicketsJson.Default.SweepReport, cancel);

    /// <summary>One page of the messages for a user or group, oldest first.</summary>
    /// <param name="recipient">The user or group.</param>
    /// <param name="cursor">Of the page before; null: from the oldest kept.</param>
    /// <param name="limit">1 to 1000; 100 when null.</param>
    /// <param name="cancel">Stops waiting.</param>
    public Task<NotificationPage> GetNotificationsAsync(string recipient, string? cursor = null, int? limit = null, CancellationToken cancel = default) =>
        AskAsync(Get(Route.To("/notifications", ("recipient", recipient), ("cursor", cursor), ("limit", limit?.ToString()))), TicketsJson.Default.NotificationPage, cancel);

    /// <summary>Every message for a user or group from a cursor on, until there are no more; the page tells where to begin next time.</summary>
    public async IAsyncEnumerable<NotificationPage> ReadNotificationsAsync(string recipient, string? cursor = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        while (true)
        {
            var page = await GetNotificationsAsync(recipient, cursor, 1000, cancel);
            if (page.Notifications.Count == 0) yield break;
            yield return page;
            cursor = page.NextCursor;
        }
    }

    private async Task<bool> ActAsync(string action, string instanceId, string hub, CancellationToken cancel)
    {
        var act = new TicketsRequest(HttpMethod.Post, Route.To("/orchestrations/" + action, ("hub", hub), ("instance_id", instanceId))) { SafeToRepeat = true };
        return (await AskAsync(act, TicketsJson.Default.OrchestrationAnswer, cancel)).Done;
    }
}
