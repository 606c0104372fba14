using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal static class KeyCommands
{
    public static Command Key(Shell shell, GlobalOptions global)
    {
        var id = new Argument<string>("key-id") { Description = "The key's id; the part between tk_ and the next _." };
        var prefix = new Option<string?>("--prefix") { Description = "Only keys with this queue prefix.", HelpName = "prefix" };
        var (cursor, limit) = Paging();
        var overlap = new Option<string?>("--overlap") { Description = "How long the old key goes on, such as PT1H. [default: P1D]", HelpName = "duration" };
        return new Command("key", "API keys (administrators).")
        {
            new RouteCommand(shell, global, "list", "One page of keys, without their texts.", [prefix, cursor, limit], (parsed, _) =>
                new(HttpMethod.Get, Route.To("/keys", ("prefix", parsed.GetValue(prefix)), ("cursor", parsed.GetValue(cursor)), ("limit", parsed.GetValue(limit)?.ToString())))),
            new RouteCommand(shell, global, "get", "Shows a key, without its text.", [id], (parsed, _) => new(HttpMethod.Get, To(parsed.GetRequiredValue(id)))),
            Create(shell, global),
            new RouteCommand(shell, global, "rotate", "Makes a key like this one, which then ends; the answer shows the new one's text, once.", [id, overlap], (parsed, _) =>
                OperationCommands.Post(To(parsed.GetRequiredValue(id), "/rotate"), new JsonBody([]).Set("overlap", parsed.GetValue(overlap))) with { IdempotencyKey = Guid.NewGuid().ToString("N") }),
            new RouteCommand(shell, global, "revoke", "Ends a key within seconds.", [id], (parsed, _) => new(HttpMethod.Delete, To(parsed.GetRequiredValue(id))) { SafeToRepeat = true }),
            new RouteCommand(shell, global, "whoami", "Shows who this command is to the service, and what it may do there.", [], (_, _) => new(HttpMethod.Get, "/caller")),
        };
    }

    public static Command Audit(Shell shell, GlobalOptions global)
    {
        var target = new Option<string?>("--target") { Description = "Only changes of this workflow, queue or key.", HelpName = "name" };
        var (cursor, limit) = Paging();
        return new Command("audit", "Who changed the settings (administrators).")
        {
            new RouteCommand(shell, global, "list", "One page of changes, newest first.", [target, cursor, limit], (parsed, _) =>
                new(HttpMethod.Get, Route.To("/settings/audit", ("target", parsed.GetValue(target)), ("cursor", parsed.GetValue(cursor)), ("limit", parsed.GetValue(limit)?.ToString())))),
        };
    }

    private static RouteCommand Create(Shell shell, GlobalOptions global)
    {
        var role = new Argument<string>("role") { Description = "reader, robot, import, operator or admin." };
        role.AcceptOnlyFromAmong("reader", "robot", "import", "operator", "admin");
        var queues = new Option<string[]>("--queues", "-q") { Description = "Queue prefix that it reaches; may be given several times; '' reaches all.", HelpName = "prefix", Required = true };
        var about = new Option<string?>("--description") { Description = "Who has it, and what for.", HelpName = "text" };
        var expires = new Option<string?>("--expires-at") { Description = "When it ends by itself, such as 2027-01-01T00:00:00Z. [default: never]", HelpName = "time" };
        var perMinute = new Option<int?>("--per-minute") { Description = "Most requests a minute.", HelpName = "number" };
        var perDay = new Option<long?>("--per-day") { Description = "Most requests a day.", HelpName = "number" };
        return new RouteCommand(shell, global, "create", "Makes a key; the answer shows its text, once.", [role, queues, about, expires, perMinute, perDay], (parsed, _) =>
            OperationCommands.Post("/keys", new JsonBody([])
                .Set("role", parsed.GetRequiredValue(role)).AddTo("queue_prefixes", parsed.GetValue(queues)).Set("description", parsed.GetValue(about)).Set("expires_at", parsed.GetValue(expires))
                .Set("requests_per_minute", parsed.GetValue(perMinute)).Set("requests_per_day", parsed.GetValue(perDay))) with { IdempotencyKey = Guid.NewGuid().ToString("N") });
    }

    private static (Option<string?> Cursor, Option<int?> Limit) Paging() => (
        new("--cursor") { Description = "next_cursor of the page before.", HelpName = "cursor" },
        new("--limit", "-n") { Description = "Most to answer. [default: 100]", HelpName = "number" });

    private static string To(string keyId, string rest = "") => "/keys/" + Uri.EscapeDataString(keyId) + rest;
}
