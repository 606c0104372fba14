using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class QueueListCommand : RequestCommand
{
    private readonly Option<string?> _prefix = new("--prefix") { Description = "Only queues whose names begin so.", HelpName = "prefix" };

    public QueueListCommand(Shell shell, GlobalOptions global) : base(shell, global, "list", "Lists queues.") => Options.Add(_prefix);

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, Route.To("/queues", ("prefix", parsed.GetValue(_prefix))));
}
