using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class TicketGetCommand : RequestCommand
{
    private readonly Argument<string> _id = new("ticket-id") { Description = "The ticket." };
    private readonly Option<string?> _queue = new("--queue", "-q") { Description = "Its queue. [default: all that the key may read]", HelpName = "queue" };
    private readonly Option<string?> _projection = new("--projection", "-p") { Description = "Members to answer, such as status,meta.report. [default: all]", HelpName = "members" };

    public TicketGetCommand(Shell shell, GlobalOptions global) : base(shell, global, "get", "Reads one ticket, hot or cold.")
    {
        Arguments.Add(_id);
        Options.Add(_queue);
        Options.Add(_projection);
    }

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, Route.To(
        Route.Ticket(parsed.GetRequiredValue(_id)), ("queue", parsed.GetValue(_queue)), ("projection", parsed.GetValue(_projection))));
}
