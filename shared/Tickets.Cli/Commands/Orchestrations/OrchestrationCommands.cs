using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

/// <summary>What tickets do by themselves, and what they say to people.</summary>
internal static class OrchestrationCommands
{
    public static Command Orchestration(Shell shell, GlobalOptions global)
    {
        var id = new Argument<string>("instance-id") { Description = "The orchestration, such as ticket/1000000." };
        var hub = new Option<string?>("--hub") { Description = "A shard's name, or settings. [default: settings]", HelpName = "hub" };
        var name = new Option<string?>("--name") { Description = "Of the orchestrator.", HelpName = "name" };
        var status = new Option<string?>("--status") { Description = "Any of these, such as parked,failed.", HelpName = "statuses" };
        var prefix = new Option<string?>("--prefix") { Description = "Ids that begin so.", HelpName = "text" };
        var limit = new Option<int?>("--limit", "-n") { Description = "Most to answer. [default: 100]", HelpName = "number" };
        var cursor = new Option<string?>("--cursor") { Description = "next_cursor of the page before.", HelpName = "cursor" };
        return new Command("orchestration", "What tickets and long operations do by themselves (operators).")
        {
            new RouteCommand(shell, global, "list", "One page of a hub's orchestrations.", [hub, name, status, prefix, limit, cursor], (parsed, _) => new(HttpMethod.Get, Route.To("/orchestrations",
                ("hub", parsed.GetValue(hub)), ("name", parsed.GetValue(name)), ("status", parsed.GetValue(status)), ("prefix", parsed.GetValue(prefix)),
                ("limit", parsed.GetValue(limit)?.ToString()), ("cursor", parsed.GetValue(cursor))))),
            new RouteCommand(shell, global, "get", "Shows an orchestration with its history.", [id, hub], (parsed, _) =>
                new(HttpMethod.Get, Route.To("/orchestrations", ("hub", parsed.GetValue(hub)), ("instance_id", parsed.GetRequiredValue(id))))),
            new RouteCommand(shell, global, "health", "Shows what waits in each hub and who works on it.", [], (_, _) => new(HttpMethod.Get, "/orchestrations/health")),
            Act("terminate", "Ends an orchestration and those that it started."),
            Act("resume", "Lets a suspended or parked orchestration go on."),
            Act("rewind", "Runs the failed steps of a failed orchestration again."),
        };

        RouteCommand Act(string action, string description) => new(shell, global, action, description, [id, hub], (parsed, _) =>
            new(HttpMethod.Post, Route.To("/orchestrations/" + action, ("hub", parsed.GetValue(hub)), ("instance_id", parsed.GetRequiredValue(id)))) { SafeToRepeat = true });
    }

    public static Command Notification(Shell shell, GlobalOptions global)
    {
        var recipient = new Argument<string>("recipient") { Description = "A user or a group." };
        var cursor = new Option<string?>("--cursor") { Description = "next_cursor of the page before.", HelpName = "cursor" };
        var limit = new Option<int?>("--limit", "-n") { Description = "Most to answer. [default: 100]", HelpName = "number" };
        return new Command("notification", "Messages of tickets to users and groups.")
        {
            new RouteCommand(shell, global, "list", "One page of a recipient's messages, oldest first.", [recipient, cursor, limit], (parsed, _) => new(HttpMethod.Get, Route.To("/notifications",
                ("recipient", parsed.GetRequiredValue(recipient)), ("cursor", parsed.GetValue(cursor)), ("limit", parsed.GetValue(limit)?.ToString())))),
        };
    }

    public static Command Upkeep(Shell shell, GlobalOptions global)
    {
        var queue = new Option<string?>("--queue", "-q") { Description = "This queue alone.", HelpName = "queue" };
        return new Command("upkeep", "Work that timers do, done now (operators).")
        {
            new RouteCommand(shell, global, "archive", "Archives what is due.", [queue], (parsed, _) => new(HttpMethod.Post, Route.To("/archive/runs", ("queue", parsed.GetValue(queue)))) { HeldFor = TimeSpan.FromMinutes(5) }),
            new RouteCommand(shell, global, "sweep", "Mends what tickets that wait have lost: their orchestration, its due time, a message.", [], (_, _) => new(HttpMethod.Post, "/lifecycles/sweep") { SafeToRepeat = true }),
        };
    }
}
