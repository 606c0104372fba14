using System.CommandLine;
using System.Text.Json.Nodes;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class TicketAcceptCommand : RequestCommand
{
    private readonly Argument<string> id = new("ticket-id") { Description = "The ticket." };
    private readonly Option<string> by = new("--by") { Description = "Who takes it into work.", HelpName = "name", Required = true };
    private readonly Option<string?> queue = new("--queue", "-q") { Description = "Its queue.", HelpName = "queue" };

    public TicketAcceptCommand(Shell shell, GlobalOptions global) : base(shell, global, "accept", "Takes a ticket into work; one at a time can.")
    {
        Arguments.Add(id);
        Options.Add(by);
        Options.Add(queue);
    }

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Post, Route.Ticket(parsed.GetRequiredValue(id), "/accept"))
    {
        Body = new JsonBody([]).Set("queue", parsed.GetValue(queue)).Set("by", parsed.GetRequiredValue(by)).ToBytes(),
    };
}
