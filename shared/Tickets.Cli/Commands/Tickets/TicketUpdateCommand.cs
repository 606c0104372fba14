using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class TicketUpdateCommand : RequestCommand
{
    private readonly Argument<string> id = new("ticket-id") { Description = "The ticket." };
    private readonly Option<string?> file = new("--file", "-f") { Description = "The request as JSON; - is standard input. Other options add to it.", HelpName = "path" };
    private readonly Option<string?> queue = new("--queue", "-q") { Description = "Its queue now.", HelpName = "queue" };
    private readonly Option<string[]> expect = new("--expect") { Description = "What must hold: ticket.version:=4, ticket.status=open, meta.report:='{\"version\":11}'.", HelpName = "name=value" };
    private readonly Option<string[]> set = new("--set") { Description = "What to set: status=closed, resolution=fixed, meta.report:={...}, indexed_meta.cost:=1200.", HelpName = "name=value" };
    private readonly Option<string[]> unset = new("--unset") { Description = "What to remove: resolution, meta.draft, indexed_meta.state.", HelpName = "name" };
    private readonly Option<long?> ifMatch = new("--if-match") { Description = "The ticket version that must stand.", HelpName = "version" };
    private readonly Option<string?> key = new("--idempotency-key") { Description = "Makes repeating safe. [default: a fresh one]", HelpName = "key" };

    public TicketUpdateCommand(Shell shell, GlobalOptions global) : base(shell, global, "update", "Changes a ticket if everything expected holds; all or nothing.")
    {
        Arguments.Add(id);
        foreach (var option in new Option[] { file, queue, expect, set, unset, ifMatch, key }) Options.Add(option);
    }

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Patch, Route.Ticket(parsed.GetRequiredValue(id)))
    {
        Body = JsonBody.From(parsed.GetValue(file), Terminal)
            .Set("queue", parsed.GetValue(queue))
            .SetIn("expected", "--expect", parsed.GetValue(expect))
            .SetIn("set", "--set", parsed.GetValue(set))
            .AddTo("unset", parsed.GetValue(unset))
            .ToBytes(),
        IfMatch = parsed.GetValue(ifMatch),
        IdempotencyKey = parsed.GetValue(key) ?? Guid.NewGuid().ToString("N"),
    };
}
