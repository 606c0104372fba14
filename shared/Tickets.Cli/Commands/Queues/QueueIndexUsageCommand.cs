using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class QueueIndexUsageCommand : RequestCommand
{
    private readonly Argument<string> _id = new("queue") { Description = "The queue." };

    public QueueIndexUsageCommand(Shell shell, GlobalOptions global) : base(shell, global, "index-usage", "Shows how well a queue's indexes serve its searches.") => Arguments.Add(_id);

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, Route.To("/queues/index-usage", ("queue", parsed.GetRequiredValue(_id))));
}
