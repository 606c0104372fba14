using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class TicketUpdateCommand : RequestCommand
{
    private readonly Argument<string> _id = new("ticket-id") { Description = "The ticket." };
    private readonly Option<string?> _file = new("--file", "-f") { Description = "The request as JSON; - is standard input. Other options add to it.", HelpName = "path" };
    private readonly Option<string?> _queue = new("--queue", "-q") { Description = "Its queue now.", HelpName = "queue" };
    private readonly Option<string[]> _expect = new("--expect") { Description = "What must hold: ticket.version:=4, ticket.status=open, meta.report:='{\"version\":11}'.", HelpName = "name=value" };
    private readonly Option<string[]> _set = new("--set") { Description = "What to set: status=closed, resolution=fixed, meta.report:={...}, indexed_meta.cost:=1200.", HelpName = "name=value" };
    private readonly Option<string[]> _unset = new("--unset") { Description = "What to remove: resolution, meta.draft, indexed_meta.state.", HelpName = "name" };
    private readonly Option<long?> _ifMatch = new("--if-match") { Description = "The ticket version that must stand.", HelpName = "version" };
    private readonly Option<string?> _key = new("--idempotency-key") { Description = "Makes repeating safe. [default: a fresh one]", HelpName = "key" };

    public TicketUpdateCommand(Shell shell, GlobalOptions global) : base(shell, global, "update", "Changes a ticket if everything expected holds; all or nothing.")
    {
        Arguments.Add(_id);
        foreach (var option in new Option[] { _file, _queue, _expect, _set, _unset, _ifMatch, _key }) Options.Add(option);
    }

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Patch, Route.Ticket(parsed.GetRequiredValue(_id)))
    {
        Body = JsonBody.From(parsed.GetValue(_file), Terminal)
            .Set("queue", parsed.GetValue(_queue))
            .SetIn("expected", "--expect", parsed.GetValue(_expect))
            .SetIn("set", "--set", parsed.GetValue(_set))
            .AddTo("unset", parsed.GetValue(_unset))
            .ToBytes(),
        IfMatch = parsed.GetValue(_ifMatch),
        IdempotencyKey = parsed.GetValue(_key) ?? Guid.NewGuid().ToString("N"),
    };
}
