using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal static class WebhookCommands
{
    public static Command Webhook(Shell shell, GlobalOptions global)
    {
        var id = new Argument<string>("webhook-id") { Description = "The webhook." };
        var cursor = new Argument<string>("cursor") { Description = "Of the change log: what came after it is delivered once more." };
        return new Command("webhook", "The change log, sent to a URL.")
        {
            new RouteCommand(shell, global, "list", "Shows all webhooks.", [], (_, _) => new(HttpMethod.Get, "/webhooks")),
            Create(shell, global),
            new RouteCommand(shell, global, "get", "Shows a webhook and how far it has come.", [id], (parsed, _) => new(HttpMethod.Get, To(parsed.GetRequiredValue(id)))),
            new RouteCommand(shell, global, "pause", "Holds deliveries back.", [id], (parsed, _) => Change(parsed.GetRequiredValue(id), "paused")),
            new RouteCommand(shell, global, "resume", "Lets deliveries go on from where they were.", [id], (parsed, _) => Change(parsed.GetRequiredValue(id), "active")),
            new RouteCommand(shell, global, "replay", "Begins again at a cursor.", [id, cursor], (parsed, _) =>
                OperationCommands.Post(To(parsed.GetRequiredValue(id), "/replay"), new JsonBody([]).Set("cursor", parsed.GetRequiredValue(cursor))) with { SafeToRepeat = true }),
            new RouteCommand(shell, global, "dead", "Shows deliveries that were given up.", [id], (parsed, _) => new(HttpMethod.Get, To(parsed.GetRequiredValue(id), "/dead"))),
            new RouteCommand(shell, global, "remove", "Ends a webhook.", [id], (parsed, _) => new(HttpMethod.Delete, To(parsed.GetRequiredValue(id))) { SafeToRepeat = true }),
        };
    }

    private static RouteCommand Create(Shell shell, GlobalOptions global)
    {
        var url = new Argument<string>("url") { Description = "An https URL that takes CloudEvents, signed as Standard Webhooks are." };
        var queue = new Option<string?>("--queue", "-q") { Description = "Only this queue's ops. [default: of every queue that the key reaches]", HelpName = "queue" };
        var kinds = new Option<string[]>("--kind") { Description = "Only ops of this kind: created, updated, moved_in, …; may be given several times.", HelpName = "kind" };
        var about = new Option<string?>("--description") { Description = "For people.", HelpName = "text" };
        var cursor = new Option<string?>("--cursor") { Description = "Where to begin. [default: from now on]", HelpName = "cursor" };
        return new RouteCommand(shell, global, "create", "Has the change log sent to a URL; the answer shows the secret, once.", [url, queue, kinds, about, cursor], (parsed, _) =>
            OperationCommands.Post("/webhooks", new JsonBody([])
                .Set("url", parsed.GetRequiredValue(url)).Set("queue", parsed.GetValue(queue)).AddTo("kinds", parsed.GetValue(kinds))
                .Set("description", parsed.GetValue(about)).Set("cursor", parsed.GetValue(cursor))));
    }

    private static TicketsRequest Change(string webhookId, string status) => new(HttpMethod.Patch, To(webhookId)) { Body = new JsonBody([]).Set("status", status).ToBytes(), SafeToRepeat = true };

    private static string To(string webhookId, string rest = "") => "/webhooks/" + Uri.EscapeDataString(webhookId) + rest;
}
