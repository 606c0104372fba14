using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class TicketGetCommand : RequestCommand
{
    private readonly Argument<string> id = new("ticket-id") { Description = "The ticket." };
    private readonly Option<string?> queue = new("--queue", "-q") { Description = "Its queue. [default: all that the key may read]", HelpName = "queue" };
    private readonly Option<string?> projection = new("--projection", "-p") { Description = "Members to answer, such as status,meta.report. [default: all]", HelpName = "members" };

    public TicketGetCommand(Shell shell, GlobalOptions global) : base(shell, global, "get", "Reads one ticket, hot or cold.")
    {
        Arguments.Add(id);
        Options.Add(queue);
        Options.Add(projection);
    }

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, Route.To(
        Route.Ticket(parsed.GetRequiredValue(id)), ("queue", parsed.GetValue(queue)), ("projection", parsed.GetValue(projection))));
}
