using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class QueueGetCommand : RequestCommand
{
    private readonly Argument<string> _id = new("queue") { Description = "The queue." };

    public QueueGetCommand(Shell shell, GlobalOptions global) : base(shell, global, "get", "Shows a queue.") => Arguments.Add(_id);

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, Route.To("/queues", ("queue", parsed.GetRequiredValue(_id))));
}
