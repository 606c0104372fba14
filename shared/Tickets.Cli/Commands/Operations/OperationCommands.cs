using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

/// <summary>Long operations: those that run or have run, and the commands that start one.</summary>
internal static class OperationCommands
{
    public static Command Operation(Shell shell, GlobalOptions global)
    {
        var id = new Argument<string>("operation-id") { Description = "The operation." };
        var status = new Option<string?>("--status") { Description = "Only those in this status.", HelpName = "status" };
        status.AcceptOnlyFromAmong("not_started", "running", "succeeded", "failed", "canceled");
        var cursor = new Option<string?>("--cursor") { Description = "next_cursor of the page before.", HelpName = "cursor" };
        return new Command("operation", "Long operations: scans, restores, erasures, moves of queues.")
        {
            new RouteCommand(shell, global, "list", "One page of operations, newest first.", [status, cursor], (parsed, _) =>
                new(HttpMethod.Get, Route.To("/operations", ("status", parsed.GetValue(status)), ("cursor", parsed.GetValue(cursor))))),
            new RouteCommand(shell, global, "get", "Shows an operation as it stands.", [id], (parsed, _) => new(HttpMethod.Get, To(parsed.GetRequiredValue(id)))),
            new OperationWaitCommand(shell, global),
            new RouteCommand(shell, global, "cancel", "Asks an operation to stop.", [id], (parsed, _) =>
                new(HttpMethod.Post, To(parsed.GetRequiredValue(id), "/cancel")) { SafeToRepeat = true }),
            new OperationResultCommand(shell, global),
        };
    }

    public static Command Cold(Shell shell, GlobalOptions global)
    {
        var queue = Queue();
        return new Command("cold", "Archived tickets.") { new ColdScanCommand(shell, global).Command, new StartCommand(
            shell, global, "rebuild-index", "Makes a queue's cold index again from its parts and checks every part.", [queue], parsed => Post("/cold/index-rebuilds", new JsonBody([]).Set("queue", parsed.GetValue(queue)))) };
    }

    public static Command Restore(Shell shell, GlobalOptions global)
    {
        var (id, queue) = (new Argument<string>("ticket-id") { Description = "The ticket." }, Queue());
        return new StartCommand(shell, global, "restore", "Brings an archived ticket back into the hot tier.", [id, queue], parsed =>
            Post(Route.Ticket(parsed.GetRequiredValue(id), "/restore"), new JsonBody([]).Set("queue", parsed.GetValue(queue))));
    }

    public static Command Erase(Shell shell, GlobalOptions global)
    {
        var (ids, queue) = (new Argument<string[]>("ticket-id") { Description = "The tickets, up to 1000.", Arity = ArgumentArity.OneOrMore }, Queue());
        return new StartCommand(shell, global, "erase", "Takes tickets out of everything that is kept, for ever.", [ids, queue], parsed =>
            Post("/cold/erasures", new JsonBody([]).Set("queue", parsed.GetValue(queue)).AddTo("ticket_ids", parsed.GetValue(ids))));
    }

    public static Command MoveQueue(Shell shell, GlobalOptions global)
    {
        var queue = new Argument<string>("queue") { Description = "The queue." };
        var shards = new Option<string>("--shards") { Description = "Where it is to lie, such as hot-1 or hot-0,hot-1; several split it by ticket id.", HelpName = "shards", Required = true };
        return new StartCommand(shell, global, "move", "Moves a queue to other shards while it is used.", [queue, shards], parsed =>
            Post("/queues/moves", new JsonBody([]).Set("queue", parsed.GetValue(queue)).AddTo("shards", parsed.GetRequiredValue(shards).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))));
    }

    public static string To(string operationId, string rest = "") => "/operations/" + Uri.EscapeDataString(operationId) + rest;

    public static TicketsRequest Post(string route, JsonBody body) => new(HttpMethod.Post, route) { Body = body.ToBytes() };

    private static Option<string> Queue() => new("--queue", "-q") { Description = "Its queue.", HelpName = "queue", Required = true };
}
