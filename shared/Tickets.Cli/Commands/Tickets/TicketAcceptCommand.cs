using System.CommandLine;
using System.Text.Json.Nodes;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class TicketAcceptCommand : RequestCommand
{
    private readonly Argument<string> _id = new("ticket-id") { Description = "The ticket." };
    private readonly Option<string> _by = new("--by") { Description = "Who takes it into work.", HelpName = "name", Required = true };
    private readonly Option<string?> _queue = new("--queue", "-q") { Description = "Its queue.", HelpName = "queue" };

    public TicketAcceptCommand(Shell shell, GlobalOptions global) : base(shell, global, "accept", "Takes a ticket into work; one at a time can.")
    {
        Arguments.Add(_id);
        Options.Add(_by);
        Options.Add(_queue);
    }

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Post, Route.Ticket(parsed.GetRequiredValue(_id), "/accept"))
    {
        Body = new JsonBody([]).Set("queue", parsed.GetValue(_queue)).Set("by", parsed.GetRequiredValue(_by)).ToBytes(),
    };
}
