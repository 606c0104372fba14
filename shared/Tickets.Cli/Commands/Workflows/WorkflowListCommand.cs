using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class WorkflowListCommand(Shell shell, GlobalOptions global) : RequestCommand(shell, global, "list", "Lists all workflows.")
{
    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, "/workflows");
}
